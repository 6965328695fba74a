-- Only what differs is written, column by column: what an operator has edited since the comparison stays (RUN-4).
UPDATE products AS p
SET name = CASE WHEN c.name IS DISTINCT FROM c.old_name THEN c.name ELSE p.name END,
    category_id = coalesce((SELECT category.id FROM categories AS category WHERE category.onec_id = c.category_key), p.category_id),
    brand_id = coalesce((SELECT brand.id FROM brands AS brand WHERE brand.normalized_name = c.brand_key), p.brand_id),
    onec_brand_id = CASE WHEN c.onec_brand_id IS DISTINCT FROM c.old_onec_brand_id THEN c.onec_brand_id ELSE p.onec_brand_id END,
    description = CASE WHEN c.description IS DISTINCT FROM c.old_description THEN c.description ELSE p.description END,
    vat_rate = CASE WHEN c.vat_rate IS DISTINCT FROM c.old_vat_rate THEN c.vat_rate ELSE p.vat_rate END,
    is_active = CASE WHEN c.is_active IS DISTINCT FROM c.old_is_active THEN c.is_active ELSE p.is_active END,
    sync_status = CASE WHEN c.sync_status IS DISTINCT FROM c.old_sync_status THEN c.sync_status ELSE p.sync_status END,
    base_images = CASE WHEN c.base_images IS DISTINCT FROM c.old_base_images THEN c.base_images ELSE p.base_images END,
    last_sync_at = CASE WHEN c.sync_status = 'completed' THEN now() ELSE p.last_sync_at END,
    updated_at = now()
FROM chg_product AS c
WHERE p.id = c.product_id AND c.ord BETWEEN :first AND :last
