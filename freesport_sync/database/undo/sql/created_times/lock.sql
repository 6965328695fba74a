SELECT count(*)
FROM (
    SELECT t.id FROM {table} AS t
    WHERE t.id IN (SELECT id FROM changed_time WHERE table_name = :table AND ord BETWEEN :first AND :last)
    ORDER BY t.id FOR UPDATE
) AS locked
