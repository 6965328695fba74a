-- A table that imports do not write refers to the row.
INSERT INTO sign_of_use
SELECT t.id, :referring
FROM {table} AS t JOIN {referring} AS r ON r.{column} = t.{referred}
WHERE t.id IN (SELECT row_id FROM row_to_hide WHERE table_name = :table)
