-- Rows that the backup has and the shop no longer has.
INSERT INTO difference
SELECT :table, :entity, t.id, label.onec_id, label.name, '', NULL, NULL, NULL, false, 'vanished', NULL
FROM {backup} AS t
CROSS JOIN LATERAL {label} AS label
WHERE NOT EXISTS (SELECT FROM {table} AS now WHERE now.id = t.id)
