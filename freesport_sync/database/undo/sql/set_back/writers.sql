-- The rows to revert, and their last writers.
SELECT t.id, t.xmin::text::bigint FROM {table} AS t
WHERE t.id IN (SELECT row_id FROM difference WHERE table_name = :table AND is_set_back)
