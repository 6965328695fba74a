-- Rows that this transaction has written and that were not noted before: it has inserted them.
INSERT INTO freesport_sync.created_rows (run_id, table_name, is_shown, ids)
SELECT :run_id, :table, t.is_active, range_agg(int8range(t.id, t.id, '[]'))
FROM {table} AS t
WHERE t.xmin = pg_current_xact_id()::xid AND NOT EXISTS (SELECT FROM {noted} AS w WHERE w.id = t.id)
GROUP BY t.is_active
