-- RESOLVE and DIFF of products, as variants.sql.
CREATE TEMP TABLE chg_product ON COMMIT DROP AS
WITH resolved AS (
    SELECT t.product_id, coalesce(t.onec_id, p.onec_id) AS onec_id, s.file_no, s.position,
           s.onec_id IS NOT NULL AS has_record,
           -- `中文` transliterates to nothing: the id names the product then, as in the reference importer (SLUG-3).
           coalesce(nullif(s.slug, ''), 'product-' || left(coalesce(t.onec_id, p.onec_id), 8)) AS wanted_slug,
           CASE WHEN :owns_name THEN coalesce(s.last_name, s.name, p.name) WHEN p.id IS NULL THEN s.name ELSE p.name END
               AS name,
           CASE
               WHEN p.id IS NULL THEN coalesce(category.onec_id, :hidden_category)
               WHEN s.name IS NOT NULL AND :owns_category AND category.onec_id IS NOT NULL
                   AND category.category_id IS DISTINCT FROM p.category_id THEN category.onec_id
           END AS category_key,
           CASE
               WHEN p.id IS NULL THEN coalesce(brand.normalized_name, :no_brand)
               -- Like the description: if 1C has no brand, or an unknown one, the shop's stays (BRAND-2).
               WHEN s.name IS NOT NULL AND :owns_brand AND brand.brand_id IS DISTINCT FROM p.brand_id
                   THEN brand.normalized_name
           END AS brand_key,
           CASE WHEN p.id IS NULL OR (s.name IS NOT NULL AND :owns_brand) THEN coalesce(s.brand_onec_id, p.onec_brand_id)
                ELSE p.onec_brand_id END AS onec_brand_id,
           CASE WHEN p.id IS NULL THEN coalesce(s.description, '')
                WHEN :owns_description THEN coalesce(s.description, p.description) ELSE p.description END AS description,
           CASE WHEN p.id IS NULL OR :owns_vat_rate THEN coalesce(s.vat_rate, p.vat_rate) ELSE p.vat_rate END AS vat_rate,
           t.is_active, t.sync_status,
           CASE WHEN pic.paths IS NULL THEN coalesce(p.base_images, '[]')
                ELSE coalesce(p.base_images, '[]') || to_jsonb(pic.paths) END AS base_images, p.base_images AS old_base_images,
           p.name AS old_name, p.onec_brand_id AS old_onec_brand_id, p.description AS old_description,
           p.vat_rate AS old_vat_rate, p.is_active AS old_is_active, p.sync_status AS old_sync_status,
           p.brand_id AS old_brand_id, p.category_id AS old_category_id
    FROM product_visibility AS t
    LEFT JOIN stg_product AS s ON s.onec_id = t.onec_id
    LEFT JOIN products AS p ON p.id = t.product_id
    LEFT JOIN map_category AS category ON category.onec_id =
        CASE WHEN :owns_category THEN coalesce(s.last_category_onec_id, s.category_onec_id) ELSE s.category_onec_id END
    LEFT JOIN map_brand AS brand ON brand.onec_id = s.brand_onec_id
    LEFT JOIN new_picture AS pic ON pic.owner = 'product' AND pic.onec_id = t.onec_id
)
SELECT row_number() OVER (ORDER BY product_id, file_no, position, onec_id)::integer AS ord,
       NULL::text AS slug, resolved.*
FROM resolved
WHERE product_id IS NULL OR category_key IS NOT NULL OR brand_key IS NOT NULL
   OR (name, onec_brand_id, description, vat_rate, is_active, sync_status, base_images)
       IS DISTINCT FROM (old_name, old_onec_brand_id, old_description, old_vat_rate, old_is_active, old_sync_status,
                         old_base_images);
ANALYZE chg_product (ord, product_id, onec_id)
