INSERT INTO freesport_sync.spread_times (run_id, table_name, before, written, ids)
SELECT :run_id, table_name, before, min(target), range_agg(int8range(id, id, '[]'))
FROM changed_time GROUP BY table_name, before
