-- Keep the parents of categories that the shop has moved below each other, where reverting would make a cycle.
WITH RECURSIVE parent AS (
    SELECT c.id, CASE WHEN d.row_id IS NULL THEN c.parent_id ELSE (d.target #>> '{}')::bigint END AS parent_id
    FROM categories AS c
    LEFT JOIN difference AS d
        ON d.table_name = 'categories' AND d.row_id = c.id AND d.field = 'parent_id' AND d.is_set_back
),
above AS (
    SELECT p.id, p.parent_id AS ancestor FROM parent AS p
    UNION
    SELECT a.id, p.parent_id FROM above AS a JOIN parent AS p ON p.id = a.ancestor
)
UPDATE difference AS d SET is_set_back = false, reason = 'cycle'
FROM above AS a
WHERE d.table_name = 'categories' AND d.field = 'parent_id' AND d.is_set_back AND a.id = d.row_id AND a.ancestor = a.id
