-- Interprets quantities without a warehouse, and offers without a quantity (entry IS NULL, quantity 0); STOCK-5. УТ
-- 10.3 and others leave out a stock of 0: such an offer is sold out if other offers of its package have a quantity. A
-- package is one export split into files; later packages take precedence over older ones.
ANALYZE stg_rest (file_no, onec_id);
CREATE TEMP TABLE offer_package AS
SELECT * FROM unnest(CAST(:files AS integer[]), CAST(:packages AS integer[])) AS given (file_no, package);
DELETE FROM stg_rest AS unnamed USING offer_package AS own
WHERE unnamed.entry IS NULL AND own.file_no = unnamed.file_no
  AND own.package NOT IN (SELECT p.package FROM stg_rest AS r JOIN offer_package AS p ON p.file_no = r.file_no
                          WHERE r.entry IS NOT NULL AND r.quantity IS NOT NULL);
DELETE FROM stg_rest AS unnamed USING offer_package AS own, stg_rest AS r, offer_package AS p
WHERE unnamed.entry IS NULL AND own.file_no = unnamed.file_no AND r.onec_id = unnamed.onec_id AND r.entry IS NOT NULL
  AND p.file_no = r.file_no AND p.package >= own.package;
DELETE FROM stg_rest AS older USING stg_rest AS unnamed
WHERE unnamed.entry IS NULL AND unnamed.onec_id = older.onec_id AND older.entry IS NOT NULL;
DROP TABLE offer_package;
-- The row of the product itself may hold the total stock of its characteristics: then none of them is sold out.
DELETE FROM stg_rest AS unnamed USING stg_rest AS product
WHERE unnamed.entry IS NULL AND product.entry IS NOT NULL AND product.quantity IS DISTINCT FROM 0
  AND unnamed.onec_id LIKE '%#%' AND product.onec_id = split_part(unnamed.onec_id, '#', 1)
  AND NOT EXISTS (SELECT 1 FROM stg_rest AS sister WHERE sister.entry IS NOT NULL AND sister.onec_id LIKE '%#%'
                  AND split_part(sister.onec_id, '#', 1) = product.onec_id);
-- A total replaces older records per warehouse, and they replace an older total (STOCK-2).
DELETE FROM stg_rest AS older USING stg_rest AS newer
WHERE newer.onec_id = older.onec_id AND (newer.warehouse_onec_id IS NULL) <> (older.warehouse_onec_id IS NULL)
  AND ARRAY[newer.file_no, newer.position] > ARRAY[older.file_no, older.position];
