-- `p`, `p#` and `p#00000000-0000-0000-0000-000000000000` are one variant (commerceml.values.variant_id): if the shop
-- has it under one of the longer keys, it keeps that key (ID-2).
CREATE TEMP TABLE shop_key AS
SELECT DISTINCT ON (v.key) v.key, v.onec_id
FROM (
    SELECT id, onec_id, split_part(onec_id, '#', 1) AS key FROM product_variants
    WHERE onec_id LIKE '%#' OR onec_id LIKE '%#00000000-0000-0000-0000-000000000000'
) AS v
WHERE NOT EXISTS (SELECT 1 FROM product_variants AS same WHERE same.onec_id = v.key)
ORDER BY v.key, v.id;
UPDATE stg_offer AS s SET onec_id = k.onec_id FROM shop_key AS k WHERE s.onec_id = k.key;
UPDATE stg_price AS s SET onec_id = k.onec_id FROM shop_key AS k WHERE s.onec_id = k.key;
UPDATE stg_rest AS s SET onec_id = k.onec_id FROM shop_key AS k WHERE s.onec_id = k.key;
UPDATE stg_picture AS s SET onec_id = k.onec_id FROM shop_key AS k WHERE s.owner = 'variant' AND s.onec_id = k.key;
UPDATE own_row AS s SET onec_id = k.onec_id FROM shop_key AS k WHERE s.onec_id = k.key;
DROP TABLE shop_key
