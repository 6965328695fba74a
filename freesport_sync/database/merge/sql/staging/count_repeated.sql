-- How many records of a table repeat another one with the same keys.
SELECT coalesce(sum(copies), 0)
FROM (SELECT count(*) - 1 AS copies FROM {table} GROUP BY {keys} HAVING count(*) > 1) AS repeated
