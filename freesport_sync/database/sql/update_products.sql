UPDATE products AS p
SET name = c.name,
    category_id = coalesce((SELECT category.id FROM categories AS category WHERE category.onec_id = c.category_key), p.category_id),
    brand_id = coalesce((SELECT brand.id FROM brands AS brand WHERE brand.normalized_name = c.brand_key), p.brand_id),
    onec_brand_id = c.onec_brand_id,
    description = c.description,
    vat_rate = c.vat_rate,
    is_active = c.is_active,
    sync_status = c.sync_status,
    last_sync_at = CASE WHEN c.sync_status = 'completed' THEN now() ELSE p.last_sync_at END,
    updated_at = now()
FROM chg_product AS c
WHERE p.id = c.product_id AND c.ord BETWEEN :first AND :last
