-- Lock what imports have written, so that no sale happens between comparison and write.
SELECT count(*)
FROM (
    SELECT t.id FROM {table} AS t
    WHERE t.id IN (SELECT row_id FROM import_value WHERE table_name = :table) ORDER BY t.id FOR UPDATE
) AS locked
