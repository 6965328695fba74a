-- A quantity without a warehouse is the total: it replaces what older records say of warehouses, and they replace it.
DELETE FROM stg_rest AS older USING stg_rest AS newer
WHERE newer.onec_id = older.onec_id AND (newer.warehouse_onec_id IS NULL) <> (older.warehouse_onec_id IS NULL)
  AND ARRAY[newer.file_no, newer.position] > ARRAY[older.file_no, older.position];
