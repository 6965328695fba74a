INSERT INTO confirmation
SELECT :table, id, array_agg(field ORDER BY field) || array_agg('+' || field ORDER BY field)
FROM {changed} AS changed
GROUP BY id
