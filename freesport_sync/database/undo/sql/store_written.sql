INSERT INTO freesport_sync.written_values (run_id, table_name, row_id, before, written)
SELECT :run_id, :table, id, jsonb_object_agg(field, before), jsonb_object_agg(field, written)
FROM {changed} AS changed
GROUP BY id
