-- Keep unique values that another row has and keeps, or is about to get.
WITH moving AS (
    SELECT row_id, target #>> '{}' AS wanted, row_number() OVER (PARTITION BY target ORDER BY row_id) AS place
    FROM difference WHERE table_name = :table AND field = :field AND is_set_back
)
UPDATE difference AS d SET is_set_back = false, reason = 'taken'
FROM moving AS m
LEFT JOIN {table} AS o ON o.{field} = m.wanted AND o.id <> m.row_id AND o.id NOT IN (SELECT row_id FROM moving)
WHERE d.table_name = :table AND d.field = :field AND d.row_id = m.row_id
  AND m.wanted IS NOT NULL AND (o.id IS NOT NULL OR m.place > 1)
