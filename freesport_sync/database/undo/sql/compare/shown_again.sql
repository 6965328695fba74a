-- A row that an import has shown again after an undo counts as inserted by that import.
UPDATE difference AS d SET reason = 'shown'
WHERE d.table_name = :table AND d.field = 'is_active' AND d.target = 'false' AND d.is_set_back
  AND d.reason <> 'created'
  AND EXISTS (
      SELECT FROM freesport_sync.runs AS r
      JOIN freesport_sync.written_values AS w ON w.run_id = r.id AND w.table_name = :table AND w.row_id = d.row_id
      WHERE r.kind = 'restore' AND w.written -> 'is_active' = 'false')
