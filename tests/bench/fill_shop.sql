-- A shop of any size for measurements: every product has :variants variants with :values attribute values each.
INSERT INTO brands (name, slug, image, description, website, is_active, created_at, updated_at, normalized_name, is_featured)
SELECT 'Nike', 'nike', '', '', '', true, now(), now(), 'nike', false;
INSERT INTO products_brand_1c_mapping (onec_id, onec_name, created_at, brand_id) SELECT 'b1', 'Nike', now(), id FROM brands;
INSERT INTO categories (name, slug, description, image, is_active, sort_order, seo_title, seo_description, created_at,
    updated_at, onec_id, icon)
SELECT 'Мячи', 'myachi', '', '', true, 0, '', '', now(), now(), 'g1', '';
INSERT INTO product_attributes (name, slug, type, is_active, created_at, updated_at, normalized_name)
SELECT 'Размер', 'razmer', 'select', true, now(), now(), 'размер';
INSERT INTO product_attribute_values (value, slug, created_at, updated_at, attribute_id, normalized_value)
SELECT 'v' || n, 'v' || n, now(), now(), a.id, 'v' || n FROM product_attributes AS a, generate_series(1, 1000) AS n;
INSERT INTO products (name, slug, description, short_description, seo_title, seo_description, is_active, is_featured,
    created_at, updated_at, onec_id, brand_id, category_id, specifications, error_message, last_sync_at, sync_status,
    parent_onec_id, is_hit, is_new, is_premium, is_promo, is_sale, onec_brand_id, base_images, min_order_quantity, vat_rate)
SELECT 'Товар ' || n, 'tovar-' || n, repeat(md5(n::text) || ' описание ', 8), '', '', '', true, false, now(), now(),
    'p' || n, b.id, c.id, '{}', '', now(), 'completed', 'p' || n, false, false, false, false, false, 'b1', '[]', 1, 20
FROM brands AS b, categories AS c, generate_series(1, :products) AS n;
INSERT INTO product_variants (sku, onec_id, color_name, size_value, retail_price, opt1_price, stock_quantity,
    reserved_quantity, main_image, gallery_images, is_active, last_sync_at, created_at, updated_at, product_id, vat_rate)
SELECT 'SKU-' || p.id || '-' || n, p.onec_id || '#' || n, 'белый', n::text, 100 + p.id % 900, 90, p.id % 50, 0, '', '[]',
    true, now(), now(), now(), p.id, 20
FROM products AS p, generate_series(1, :variants) AS n;
INSERT INTO product_variants_attributes (productvariant_id, attributevalue_id)
SELECT v.id, a.id FROM product_variants AS v, generate_series(1, :values) AS n
JOIN LATERAL (SELECT min(id) AS first FROM product_attribute_values) AS f ON true
JOIN LATERAL (SELECT f.first + (v.id * 7 + n * 83) % 1000 AS id) AS a ON true
ON CONFLICT DO NOTHING;
