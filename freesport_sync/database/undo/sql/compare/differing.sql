-- Values that differ from the backup or were written by imports.
INSERT INTO difference
SELECT :table, :entity, t.id, label.onec_id, label.name, field.key,
       row.saved -> field.key, field.value, v.before,
       goes.back,
       CASE WHEN newer.run IS NOT NULL THEN 'newer'
            WHEN v.row_id IS NULL OR v.before = field.value THEN 'shop' ELSE 'after_import' END,
       newer.run::text
FROM {backup} AS b
JOIN {table} AS t ON t.id = b.id AND (
    ROW ({b.columns}) IS DISTINCT FROM ROW ({t.columns})
    -- An import may have written the very values of the backup, over changes of the shop.
    OR t.id IN (SELECT row_id FROM import_value WHERE table_name = :table))
CROSS JOIN LATERAL {label} AS label
CROSS JOIN LATERAL (
    SELECT to_jsonb(s) AS saved, to_jsonb(c) AS current
    FROM (SELECT {b.columns}) AS s, (SELECT {t.columns}) AS c OFFSET 0
) AS row
CROSS JOIN LATERAL jsonb_each(row.current) AS field
LEFT JOIN import_value AS v ON v.table_name = :table AND v.row_id = t.id AND v.field = field.key
LEFT JOIN confirmed_value AS s ON s.table_name = :table AND s.row_id = t.id AND s.field = field.key
CROSS JOIN LATERAL (SELECT CASE WHEN v.row_id IS NULL THEN s.run_id ELSE v.newer_run END AS run) AS newer
CROSS JOIN LATERAL (
    SELECT coalesce(v.written = field.value AND v.before <> field.value AND v.is_live, false)
           AND newer.run IS NULL AS back
) AS goes
WHERE field.value IS DISTINCT FROM row.saved -> field.key OR goes.back
