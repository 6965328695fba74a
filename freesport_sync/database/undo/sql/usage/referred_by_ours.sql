-- In a table that imports write, only rows count that will still exist, and refer, after the undo.
INSERT INTO sign_of_use
SELECT t.id, :referring
FROM {table} AS t JOIN {referring} AS r ON r.{column} = t.{referred}
WHERE t.id IN (SELECT row_id FROM row_to_hide WHERE table_name = :table)
  AND NOT EXISTS (
      SELECT FROM difference AS d
      WHERE d.table_name = :referring AND d.row_id = r.id AND d.is_set_back
        AND (d.field = 'is_active' AND d.target = 'false' OR d.field = :column))
  AND (r.is_active OR NOT EXISTS (
      SELECT FROM created_row AS c WHERE c.table_name = :referring AND c.row_id = r.id))
