-- Rows that this transaction has written, and their last writers before it.
SELECT w.id, w.writer FROM {noted} AS w JOIN {table} AS t ON t.id = w.id WHERE t.xmin = pg_current_xact_id()::xid
