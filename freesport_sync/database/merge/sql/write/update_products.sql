-- Only what differs is written, column by column: what an operator has edited since the comparison stays (RUN-4).
UPDATE products AS shop
SET {changed},
    category_id = coalesce((SELECT category.id FROM categories AS category WHERE category.onec_id = c.category_key), shop.category_id),
    brand_id = coalesce((SELECT brand.id FROM brands AS brand WHERE brand.normalized_name = c.brand_key), shop.brand_id),
    last_sync_at = CASE WHEN c.sync_status = 'completed' THEN now() ELSE shop.last_sync_at END,
    updated_at = now()
FROM chg_product AS c
WHERE shop.id = c.product_id AND c.ord BETWEEN :first AND :last
