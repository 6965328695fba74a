-- When and how a row was last synchronised means nothing by itself: it is reverted along with the values of its row
-- (RUN-9).
DELETE FROM difference AS d
WHERE d.field IN ('last_sync_at', 'sync_status')
  AND NOT (d.is_set_back AND EXISTS (
      SELECT FROM difference AS o
      WHERE o.table_name = d.table_name AND o.row_id = d.row_id AND o.is_set_back AND o.field NOT IN ('last_sync_at', 'sync_status')))
