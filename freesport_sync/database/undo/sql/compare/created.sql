-- Rows that are not in the backup and that imports have inserted and shown; the shop may have shown them later.
INSERT INTO difference
SELECT :table, :entity, t.id, label.onec_id, label.name,
       'is_active', 'false', 'true', 'false', goes.back,
       CASE WHEN goes.back AND v.is_made THEN 'created'
            WHEN v.newer_run IS NULL THEN 'after_import' ELSE 'newer' END,
       v.newer_run::text
FROM {table} AS t
CROSS JOIN LATERAL {label} AS label
JOIN import_value AS v ON v.table_name = :table AND v.row_id = t.id AND v.field = 'is_active'
CROSS JOIN LATERAL (
    SELECT v.written = 'true' AND v.before = 'false' AND v.is_live AND v.newer_run IS NULL AS back
) AS goes
WHERE t.is_active AND t.id IN (SELECT row_id FROM created_row WHERE table_name = :table)
  AND NOT EXISTS (SELECT FROM {backup} AS b WHERE b.id = t.id)
