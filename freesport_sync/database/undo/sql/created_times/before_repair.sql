-- The times before a repair, of rows that still have the repaired time (PRODUCT-8).
SELECT t.id, t.created_at AS before, w.before AS target
FROM (
    SELECT s.before, row.id, s.written + (row_number() OVER (PARTITION BY s.before ORDER BY row.id) - 1)
               * interval '1 microsecond' AS written
    FROM freesport_sync.spread_times AS s
    CROSS JOIN LATERAL unnest(s.ids) AS part
    CROSS JOIN LATERAL generate_series(lower(part), upper(part) - 1) AS row (id)
    WHERE s.run_id = :run_id AND s.table_name = :table
) AS w
JOIN {table} AS t ON t.id = w.id AND t.created_at = w.written
