-- Products that get a default variant: without an offer in the files or a variant in the shop (DEFAULT-1). The rule is
-- global: it looks at every product of the shop, as the reference importer does.
CREATE TEMP TABLE default_product ON COMMIT DROP AS
SELECT bare.onec_id, bare.product_id, bare.product_onec_id
FROM (
    SELECT p.onec_id, p.id AS product_id, m.onec_id AS product_onec_id
    FROM products AS p LEFT JOIN map_product AS m ON m.product_id = p.id
    WHERE p.onec_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM product_variants AS v WHERE v.product_id = p.id)
    UNION ALL
    SELECT m.onec_id, NULL, m.onec_id FROM map_product AS m WHERE m.product_id IS NULL AND m.is_record
) AS bare
LEFT JOIN map_product AS m ON m.onec_id = bare.product_onec_id
WHERE :makes_default_variants
  AND NOT coalesce(m.is_deleted, false)
  AND NOT EXISTS (SELECT 1 FROM stg_offer AS o WHERE o.product_onec_id = bare.product_onec_id)
  AND NOT EXISTS (SELECT 1 FROM product_variants AS v WHERE v.onec_id = bare.onec_id)
  AND (coalesce(m.is_record, false) OR NOT (:is_full_products OR EXISTS (
      SELECT 1 FROM freesport_sync.deactivated_objects AS d
      WHERE d.entity = 'product' AND d.onec_id IN (bare.onec_id, bare.product_onec_id))))
