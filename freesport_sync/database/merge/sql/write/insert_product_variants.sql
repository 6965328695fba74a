-- New variants with their prices and stock in one write. See insert_products.sql for the conflict clause.
INSERT INTO product_variants (
    sku, onec_id, color_name, size_value, retail_price, opt1_price, opt2_price, opt3_price, trainer_price,
    federation_price, stock_quantity, reserved_quantity, main_image, gallery_images, is_active, last_sync_at,
    created_at, updated_at, product_id, msrp, rrp, vat_rate, warehouse_id, warehouse_name)
SELECT c.sku, c.onec_id, c.color_name, c.size_value, c.retail_price, c.opt1_price, c.opt2_price, c.opt3_price, c.trainer_price,
       c.federation_price, coalesce(c.stock_quantity, 0), 0, coalesce(c.main_image, ''), c.gallery_images, c.is_active, new.moment,
       new.moment, new.moment, p.id, c.msrp, c.rrp, c.vat_rate, c.warehouse_id, c.warehouse_name
FROM chg_variant AS c
JOIN products AS p ON p.id = c.product_id
CROSS JOIN LATERAL (SELECT now() + (c.ord - :first_new) * interval '1 microsecond' AS moment) AS new
WHERE c.variant_id IS NULL AND c.ord BETWEEN :first AND :last
ORDER BY c.ord
ON CONFLICT (onec_id) DO NOTHING
