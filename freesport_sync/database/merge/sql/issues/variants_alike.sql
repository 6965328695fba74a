-- Variants of one product that buyers cannot tell apart after this run, at most one pair per product (VARIANT-8). Only
-- products with offers in this run are checked.
WITH after AS (
    SELECT coalesce(mv.product_id::text, '#' || mv.product_onec_id) AS product, mv.onec_id, mv.variant_id,
           lower(coalesce(c.color_name, v.color_name)) AS color, lower(coalesce(c.size_value, v.size_value)) AS size
    FROM map_variant AS mv
    LEFT JOIN chg_variant AS c ON c.onec_id = mv.onec_id
    LEFT JOIN product_variants AS v ON v.id = mv.variant_id
    WHERE coalesce(c.is_active, v.is_active)
    UNION ALL
    SELECT v.product_id::text, v.onec_id, v.id, lower(v.color_name), lower(v.size_value)
    FROM product_variants AS v
    WHERE v.is_active AND v.product_id IN (SELECT product_id FROM map_variant)
      AND NOT EXISTS (SELECT FROM map_variant AS mv WHERE mv.variant_id = v.id)
),
-- Few variants share colour and size with another one: offers and properties are compared for those only.
repeated AS (SELECT product, color, size FROM after GROUP BY product, color, size HAVING count(*) > 1),
offered AS (
    SELECT DISTINCT a.product
    FROM repeated JOIN after AS a ON a.product = repeated.product JOIN stg_offer AS o ON o.onec_id = a.onec_id
),
alike AS (SELECT repeated.* FROM repeated JOIN offered ON offered.product = repeated.product),
shown AS (
    SELECT a.product, a.onec_id, a.color, a.size,
           coalesce(l.value_nos, ARRAY(
               SELECT attributevalue_id FROM product_variants_attributes WHERE productvariant_id = a.variant_id ORDER BY 1
           )) AS value_nos
    FROM after AS a
    JOIN alike USING (product, color, size)
    LEFT JOIN chg_links AS l ON l.owner = 'variant' AND l.onec_id = a.onec_id
),
twins AS (
    SELECT DISTINCT ON (product) product, ids[1] AS onec_id, ids[2] AS other
    FROM (
        SELECT product, array_agg(onec_id ORDER BY onec_id) AS ids
        FROM shown GROUP BY product, color, size, value_nos HAVING count(*) > 1
    ) AS same
    ORDER BY product, ids[1]
)
SELECT coalesce(o.file_no, 0) AS file_no, coalesce(o.line, 0) AS line, twins.onec_id, o.name, o.article,
       twins.other AS value
FROM twins LEFT JOIN stg_offer AS o ON o.onec_id = twins.onec_id
ORDER BY 1, 2, 3
