SELECT label.onec_id, label.name, c.before::text, c.target::text
FROM changed_time AS c
JOIN {table} AS t ON t.id = c.id
CROSS JOIN LATERAL {label} AS label
WHERE c.table_name = :table
ORDER BY c.ord
LIMIT :limit
