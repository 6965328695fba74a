-- Every product id in the files, and the shop's product (NULL: to be created). The shop finds a product by onec_id or,
-- for old rows, by parent_onec_id; one product of the shop matches one id only (PRODUCT-1).
CREATE TEMP TABLE map_product ON COMMIT DROP AS
WITH wanted AS MATERIALIZED (
    SELECT onec_id FROM stg_product UNION SELECT product_onec_id FROM stg_offer
    UNION SELECT onec_id FROM delivered_picture WHERE owner = 'product'
)
SELECT wanted.onec_id,
       coalesce(by_id.id, by_parent.id) AS product_id,
       s.name IS NOT NULL AS is_record,
       coalesce(s.is_deleted, false) AS is_deleted,
       s.vat_rate
FROM wanted
LEFT JOIN stg_product AS s ON s.onec_id = wanted.onec_id
LEFT JOIN products AS by_id ON by_id.onec_id = wanted.onec_id
LEFT JOIN LATERAL (
    SELECT min(p.id) AS id FROM products AS p
    WHERE by_id.id IS NULL AND p.parent_onec_id = wanted.onec_id
      AND NOT EXISTS (SELECT 1 FROM wanted AS other WHERE other.onec_id = p.onec_id)
) AS by_parent ON true;
ANALYZE map_product (onec_id, product_id)
