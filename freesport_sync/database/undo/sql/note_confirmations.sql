-- Which values of the shop's rows this run has confirmed, changed or not; changed values are added from the noted rows.
-- Only for runs that are never undone.
INSERT INTO confirmation
SELECT 'product_variants', mv.variant_id, said.fields
FROM map_variant AS mv
LEFT JOIN product_variants AS v ON v.id = mv.variant_id
LEFT JOIN map_product AS m ON m.onec_id = mv.product_onec_id
LEFT JOIN stg_offer AS o ON o.onec_id = mv.onec_id
LEFT JOIN stg_price AS p ON p.onec_id = mv.onec_id AND :owns_prices
LEFT JOIN rest_total AS r ON r.onec_id = mv.onec_id AND r.is_readable AND :owns_stock
LEFT JOIN vat_rule AS rule ON r.warehouse_id IS NOT NULL AND rule.warehouse_name = v.warehouse_name
LEFT JOIN (SELECT DISTINCT onec_id FROM delivered_picture WHERE owner = 'variant') AS picture ON picture.onec_id = mv.onec_id
CROSS JOIN LATERAL (
    SELECT array_remove(ARRAY[
        CASE WHEN o.onec_id IS NOT NULL OR :is_full_variants THEN 'is_active' END,
        CASE WHEN o.article IS NOT NULL THEN 'sku' END,
        CASE WHEN o.color_name IS NOT NULL THEN 'color_name' END,
        CASE WHEN o.size_value IS NOT NULL THEN 'size_value' END,
        CASE WHEN p.retail_price IS NOT NULL THEN 'retail_price' END,
        {optional_prices},
        CASE WHEN r.onec_id IS NOT NULL THEN 'stock_quantity' END,
        CASE WHEN r.warehouse_id IS NOT NULL THEN 'warehouse_id' END,
        CASE WHEN r.warehouse_id IS NOT NULL THEN 'warehouse_name' END,
        CASE WHEN :owns_vat_rate AND (rule.vat_rate IS NOT NULL OR m.vat_rate IS NOT NULL) THEN 'vat_rate' END,
        CASE WHEN picture.onec_id IS NOT NULL THEN 'main_image' END,
        CASE WHEN picture.onec_id IS NOT NULL THEN 'gallery_images' END
    ], NULL) AS fields
) AS said
WHERE mv.variant_id IS NOT NULL;

INSERT INTO confirmation
SELECT 'products', m.product_id, said.fields
FROM map_product AS m
LEFT JOIN stg_product AS s ON s.onec_id = m.onec_id
LEFT JOIN (SELECT DISTINCT onec_id FROM delivered_picture WHERE owner = 'product') AS picture ON picture.onec_id = m.onec_id
CROSS JOIN LATERAL (
    SELECT array_remove(ARRAY[
        CASE WHEN s.onec_id IS NOT NULL THEN 'is_active' END,
        CASE WHEN s.name IS NOT NULL AND :owns_name THEN 'name' END,
        CASE WHEN s.category_onec_id IS NOT NULL AND :owns_category THEN 'category_id' END,
        CASE WHEN s.brand_onec_id IS NOT NULL AND :owns_brand THEN 'brand_id' END,
        CASE WHEN s.brand_onec_id IS NOT NULL AND :owns_brand THEN 'onec_brand_id' END,
        CASE WHEN s.description IS NOT NULL AND :owns_description THEN 'description' END,
        CASE WHEN s.vat_rate IS NOT NULL AND :owns_vat_rate THEN 'vat_rate' END,
        CASE WHEN picture.onec_id IS NOT NULL THEN 'base_images' END
    ], NULL) AS fields
) AS said
WHERE m.product_id IS NOT NULL;

INSERT INTO confirmation
SELECT CASE owner WHEN 'product' THEN 'products_attributes' ELSE 'product_variants_attributes' END, owner_id,
       ARRAY['attributevalue_id']
FROM owner_properties AS w
WHERE owner_id IS NOT NULL AND (properties IS NOT NULL OR owner_id IN (
    SELECT mv.product_id FROM map_variant AS mv JOIN stg_offer AS o ON o.onec_id = mv.onec_id));

INSERT INTO confirmation
SELECT 'categories', id, ARRAY['onec_id', 'name', 'description', 'is_active', 'parent_id'] FROM categories
WHERE onec_id = ANY (CAST(:categories AS text[]))
UNION ALL
SELECT 'products_brand_1c_mapping', id, ARRAY['onec_name'] FROM products_brand_1c_mapping
WHERE onec_id = ANY (CAST(:brands AS text[]))
UNION ALL
SELECT 'price_types', id, ARRAY['onec_name'] FROM price_types WHERE onec_id = ANY (CAST(:price_types AS text[]))
UNION ALL
SELECT 'product_attributes', attribute_id, ARRAY['name', 'normalized_name', 'type'] FROM product_attribute_1c_mappings
WHERE onec_id = ANY (CAST(:attributes AS text[]))
