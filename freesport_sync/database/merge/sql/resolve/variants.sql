-- RESOLVE and DIFF of variants: their final values from the files and the shop, and which of them are new or differ.
-- Like all of `resolve` it reads the shop, writes only temporary tables and locks nothing; a dry run ends here.
-- An unchanged object appears in no change table, so it is neither written nor locked (RUN-9).
-- Each placeholder is a file that decides one thing and uses the aliases of this query.
CREATE TEMP TABLE chg_variant ON COMMIT DROP AS
WITH live_offer AS (
    SELECT DISTINCT product_onec_id FROM stg_offer WHERE NOT is_deleted
),
resolved AS (
    SELECT mv.onec_id, mv.variant_id, mv.product_id, mv.product_onec_id, mv.is_default, mv.has_rest,
           o.file_no, o.position, s.onec_id IS NOT NULL AS has_price, sku.wanted_sku,
           coalesce(o.color_name, v.color_name, '') AS color_name,
           coalesce(o.size_value, v.size_value, '') AS size_value,
           price.*,
           seen.is_active, seen.gives_way, seen.is_hidden,
           -- NULL keeps the shop's stock: it sells while we import, so only stock that 1C changed is written. The
           -- shop's product page lists hidden variants with their stock, so what we hide gets stock 0.
           CASE WHEN seen.is_hidden THEN nullif(0, v.stock_quantity)
                WHEN mv.has_rest AND mv.stock_quantity IS DISTINCT FROM v.stock_quantity THEN mv.stock_quantity END
               AS stock_quantity,
           mv.warehouse_id, mv.warehouse_name, vat.vat_rate, picture.main_image, picture.gallery_images,
           v.main_image AS old_main_image, v.gallery_images AS old_gallery_images,
           v.sku AS old_sku, v.color_name AS old_color_name, v.size_value AS old_size_value,
           v.retail_price AS old_retail_price, v.opt1_price AS old_opt1_price, v.opt2_price AS old_opt2_price,
           v.opt3_price AS old_opt3_price, v.trainer_price AS old_trainer_price,
           v.federation_price AS old_federation_price, v.rrp AS old_rrp, v.msrp AS old_msrp,
           v.stock_quantity AS old_stock_quantity, v.warehouse_id AS old_warehouse_id,
           v.warehouse_name AS old_warehouse_name, v.vat_rate AS old_vat_rate, v.is_active AS old_is_active
    FROM {stock} AS mv
    LEFT JOIN product_variants AS v ON v.id = mv.variant_id
    LEFT JOIN products AS p ON p.id = mv.product_id
    LEFT JOIN map_product AS m ON m.onec_id = mv.product_onec_id
    LEFT JOIN stg_offer AS o ON o.onec_id = mv.onec_id
    LEFT JOIN (SELECT *, :clear_missing_prices AS clears FROM stg_price) AS s
        ON s.onec_id = mv.onec_id AND (:owns_prices OR mv.variant_id IS NULL)
    LEFT JOIN live_offer AS live ON live.product_onec_id = mv.product_onec_id
    LEFT JOIN vat_rule AS rule ON rule.warehouse_name = mv.warehouse_name
    LEFT JOIN freesport_sync.deactivated_objects AS undone ON undone.entity = 'variant' AND undone.onec_id = mv.onec_id
    LEFT JOIN freesport_sync.deactivated_objects AS noted ON noted.entity = 'variant_hidden' AND noted.onec_id = mv.onec_id
    LEFT JOIN new_picture AS pic ON pic.owner = 'variant' AND pic.onec_id = mv.onec_id
    LEFT JOIN own_row ON own_row.onec_id = mv.onec_id AND own_row.is_offer
    CROSS JOIN LATERAL {sku} AS sku
    CROSS JOIN LATERAL {prices} AS price
    CROSS JOIN LATERAL {visibility} AS seen
    CROSS JOIN LATERAL {vat_rate} AS vat
    CROSS JOIN LATERAL {pictures} AS picture
),
compared AS (
    SELECT *,
           wanted_sku IS NOT NULL
               OR (color_name, size_value, vat_rate, is_active)
                   IS DISTINCT FROM (old_color_name, old_size_value, old_vat_rate, old_is_active)
               OR (main_image, gallery_images) IS DISTINCT FROM (old_main_image, old_gallery_images)
               OR (is_hidden AND stock_quantity IS NOT NULL) AS changes_variant,
           (retail_price, opt1_price, opt2_price, opt3_price, trainer_price, federation_price, rrp, msrp)
               IS DISTINCT FROM (old_retail_price, old_opt1_price, old_opt2_price, old_opt3_price, old_trainer_price,
                                 old_federation_price, old_rrp, old_msrp) AS changes_price,
           (stock_quantity IS NOT NULL AND NOT is_hidden)
               OR (warehouse_id, warehouse_name) IS DISTINCT FROM (old_warehouse_id, old_warehouse_name) AS changes_stock
    FROM resolved
)
SELECT row_number() OVER (ORDER BY variant_id, file_no, position, onec_id)::integer AS ord,
       NULL::text AS sku, compared.*
FROM compared
WHERE variant_id IS NULL OR changes_variant OR changes_price OR changes_stock;
ANALYZE chg_variant (ord, variant_id, product_id, onec_id)
