UPDATE {table} AS t SET created_at = c.target
FROM changed_time AS c
WHERE c.table_name = :table AND c.ord BETWEEN :first AND :last AND t.id = c.id AND t.created_at = c.before
