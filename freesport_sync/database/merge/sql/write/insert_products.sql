-- New products, in file order (which keeps the indexes compact). A conflict on the 1C key is not an error here: the
-- caller compares the row count and repeats the merge, because the product was created concurrently.
-- Their times are distinct: the shop pages its lists by created_at without a tie-breaker (PRODUCT-8).
INSERT INTO products (
    name, slug, description, short_description, seo_title, seo_description, is_active, is_featured, created_at,
    updated_at, onec_id, brand_id, category_id, specifications, error_message, last_sync_at, sync_status,
    parent_onec_id, discount_percent, is_hit, is_new, is_premium, is_promo, is_sale, onec_brand_id, base_images,
    min_order_quantity, vat_rate)
SELECT c.name, c.slug, c.description, '', '', '', c.is_active, false, new.moment,
       new.moment, c.onec_id, brand.id, category.id, '{}', '', CASE WHEN c.sync_status = 'completed' THEN new.moment END, c.sync_status,
       c.onec_id, NULL, false, false, false, false, false, c.onec_brand_id, c.base_images,
       1, c.vat_rate
FROM chg_product AS c
JOIN brands AS brand ON brand.normalized_name = c.brand_key
JOIN categories AS category ON category.onec_id = c.category_key
CROSS JOIN LATERAL (SELECT now() + (c.ord - :first_new) * interval '1 microsecond' AS moment) AS new
WHERE c.product_id IS NULL AND c.ord BETWEEN :first AND :last
ORDER BY c.ord
ON CONFLICT (onec_id) DO NOTHING
