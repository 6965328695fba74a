SELECT coalesce(sum(upper(part) - lower(part)), 0)::integer
FROM freesport_sync.spread_times CROSS JOIN LATERAL unnest(ids) AS part
WHERE run_id = :run_id AND table_name = :table
