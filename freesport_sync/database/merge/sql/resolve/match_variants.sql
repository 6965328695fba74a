-- Every variant that this run may change, and its product.
CREATE TEMP TABLE map_variant ON COMMIT DROP AS
SELECT mentioned.onec_id, v.id AS variant_id,
       coalesce(v.product_id, by_offer.product_id, d.product_id) AS product_id,
       CASE WHEN v.id IS NOT NULL THEN by_variant.onec_id ELSE coalesce(by_offer.onec_id, d.product_onec_id) END
           AS product_onec_id,
       v.id IS NULL AND o.onec_id IS NULL AS is_default
FROM (
    SELECT onec_id FROM stg_offer
    UNION SELECT onec_id FROM stg_price
    UNION SELECT onec_id FROM stg_rest
    UNION SELECT onec_id FROM default_product
    UNION SELECT onec_id FROM delivered_picture WHERE owner = 'variant'
    -- Variants inherit the product's VAT; its own variant, even a default one, is replaced by real offers.
    UNION SELECT own.onec_id FROM map_product AS m JOIN product_variants AS own ON own.product_id = m.product_id
        WHERE m.is_record OR starts_with(own.sku, own.onec_id) OR strpos(own.onec_id, '#') = 0
    UNION SELECT onec_id FROM own_row WHERE is_offer
    UNION SELECT onec_id FROM product_variants WHERE :is_full_variants AND (is_active OR stock_quantity > 0)
) AS mentioned
LEFT JOIN product_variants AS v ON v.onec_id = mentioned.onec_id
LEFT JOIN map_product AS by_variant ON by_variant.product_id = v.product_id
LEFT JOIN stg_offer AS o ON o.onec_id = mentioned.onec_id
LEFT JOIN map_product AS by_offer ON by_offer.onec_id = o.product_onec_id
LEFT JOIN default_product AS d ON d.onec_id = mentioned.onec_id
WHERE v.id IS NOT NULL
   OR d.onec_id IS NOT NULL
   OR ((by_offer.product_id IS NOT NULL OR by_offer.is_record) AND NOT (o.is_deleted AND o.name IS NULL));
ANALYZE map_variant (onec_id, variant_id, product_id)
