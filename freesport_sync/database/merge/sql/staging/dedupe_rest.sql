-- Folds repeated records into one per warehouse, see dedupe_product.sql (STOCK-2). An unreadable quantity counts as the
-- latest one, too.
UPDATE stg_rest AS copy SET quantity = merged.quantity
FROM (
    SELECT onec_id, warehouse_onec_id, (array_agg(quantity ORDER BY file_no DESC, position DESC))[1] AS quantity
    FROM stg_rest GROUP BY onec_id, warehouse_onec_id HAVING count(*) > 1
) AS merged
WHERE merged.onec_id = copy.onec_id AND merged.warehouse_onec_id IS NOT DISTINCT FROM copy.warehouse_onec_id;
DELETE FROM stg_rest AS later
USING (
    SELECT onec_id, warehouse_onec_id, min(ARRAY[file_no, position]) AS place
    FROM stg_rest GROUP BY onec_id, warehouse_onec_id HAVING count(*) > 1
) AS first
WHERE first.onec_id = later.onec_id AND first.warehouse_onec_id IS NOT DISTINCT FROM later.warehouse_onec_id
  AND ARRAY[later.file_no, later.position] > first.place;
