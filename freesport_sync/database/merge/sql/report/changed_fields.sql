-- What a dry run would change, field by field, in existing products and variants; of new variants the prices and the
-- stock. A variant is named after its product and what distinguishes it.
WITH variant AS MATERIALIZED (
    SELECT c.*, p.name || coalesce(' (' || apart.it || ')', '') AS made_name, o.name AS offer_name, p.name AS product_name
    FROM chg_variant AS c
    LEFT JOIN products AS known ON known.id = c.product_id
    LEFT JOIN stg_product AS s ON s.onec_id = c.product_onec_id
    LEFT JOIN stg_offer AS o ON o.onec_id = c.onec_id
    CROSS JOIN LATERAL (SELECT coalesce(known.name, s.name) AS name) AS p
    CROSS JOIN LATERAL (SELECT nullif(concat_ws(', ', nullif(c.color_name, ''), nullif(c.size_value, '')), '') AS it) AS apart
),
named AS (
    SELECT *, coalesce(nullif(offer_name, product_name), made_name, old_sku, sku, '') AS name FROM variant
)
SELECT entity, onec_id, name, field, old_value, new_value
FROM (
    SELECT 'product' AS entity, c.onec_id, coalesce(c.old_name, c.name) AS name, c.ord, f.*
    FROM chg_product AS c
    LEFT JOIN brands AS old_brand ON old_brand.id = c.old_brand_id
    LEFT JOIN brands AS new_brand ON new_brand.normalized_name = c.brand_key
    LEFT JOIN categories AS old_category ON old_category.id = c.old_category_id
    LEFT JOIN categories AS new_category ON new_category.onec_id = c.category_key
    CROSS JOIN LATERAL (VALUES
        ('name', c.old_name, c.name),
        ('brand', old_brand.name, CASE WHEN c.brand_key IS NULL THEN old_brand.name ELSE coalesce(new_brand.name, c.brand_key) END),
        ('category', old_category.name,
            CASE WHEN c.category_key IS NULL THEN old_category.name ELSE coalesce(new_category.name, c.category_key) END),
        ('onec_brand_id', c.old_onec_brand_id, c.onec_brand_id),
        ('description', c.old_description, c.description),
        ('vat_rate', c.old_vat_rate::text, c.vat_rate::text),
        ('is_active', c.old_is_active::text, c.is_active::text),
        ('sync_status', c.old_sync_status, c.sync_status),
        ('base_images', c.old_base_images::text, c.base_images::text)
    ) AS f (field, old_value, new_value)
    WHERE c.product_id IS NOT NULL
    UNION ALL
    SELECT 'variant', c.onec_id, c.name, c.ord, f.*
    FROM named AS c
    CROSS JOIN LATERAL (VALUES
        ('sku', c.old_sku, coalesce(c.sku, c.old_sku)),
        ('color_name', c.old_color_name, c.color_name),
        ('size_value', c.old_size_value, c.size_value),
        {changed_prices},
        ('stock_quantity', c.old_stock_quantity::text, coalesce(c.stock_quantity, c.old_stock_quantity)::text),
        ('warehouse', c.old_warehouse_name, c.warehouse_name),
        -- A change of the name already shows it.
        ('warehouse_id', c.old_warehouse_id,
            CASE WHEN c.warehouse_name IS DISTINCT FROM c.old_warehouse_name THEN c.old_warehouse_id ELSE c.warehouse_id END),
        ('vat_rate', c.old_vat_rate::text, c.vat_rate::text),
        ('is_active', c.old_is_active::text, c.is_active::text),
        ('main_image', c.old_main_image, c.main_image),
        ('gallery_images', c.old_gallery_images::text, c.gallery_images::text)
    ) AS f (field, old_value, new_value)
    WHERE c.variant_id IS NOT NULL
    UNION ALL
    SELECT 'product', c.onec_id, c.name, c.ord, 'created', NULL, c.name FROM chg_product AS c WHERE c.product_id IS NULL
    UNION ALL
    SELECT 'variant', c.onec_id, c.name, c.ord, f.*
    FROM named AS c
    CROSS JOIN LATERAL (VALUES
        ('created', NULL, c.sku),
        ('retail_price', NULL, c.retail_price::numeric(10, 2)::text),
        {new_prices},
        ('stock_quantity', NULL, coalesce(c.stock_quantity, 0)::text)
    ) AS f (field, old_value, new_value)
    WHERE c.variant_id IS NULL
) AS changes
WHERE old_value IS DISTINCT FROM new_value
ORDER BY entity, ord
LIMIT :limit
