-- RESOLVE and DIFF: staged rows get their keys and final values; what is new or differs goes into chg_variant and
-- chg_product. Reads the shop, writes only temporary tables, locks nothing; a dry run ends after it.
-- An unchanged object appears in no change table, so it is neither written nor locked (RUN-9).

-- Every product id that the files mention, and the shop's product it stands for (NULL: not there yet).
-- The shop finds a product by onec_id or, for old rows, by parent_onec_id; one shop product stands for one id only
-- (PRODUCT-1).
CREATE TEMP TABLE map_product ON COMMIT DROP AS
WITH wanted AS MATERIALIZED (
    SELECT onec_id FROM stg_product UNION SELECT product_onec_id FROM stg_offer
    UNION SELECT onec_id FROM delivered_picture WHERE owner = 'product'
)
SELECT wanted.onec_id,
       coalesce(by_id.id, by_parent.id) AS product_id,
       s.name IS NOT NULL AS is_record,
       coalesce(s.is_deleted, false) AS is_deleted,
       s.vat_rate
FROM wanted
LEFT JOIN stg_product AS s ON s.onec_id = wanted.onec_id
LEFT JOIN products AS by_id ON by_id.onec_id = wanted.onec_id
LEFT JOIN LATERAL (
    SELECT min(p.id) AS id FROM products AS p
    WHERE by_id.id IS NULL AND p.parent_onec_id = wanted.onec_id
      AND NOT EXISTS (SELECT 1 FROM wanted AS other WHERE other.onec_id = p.onec_id)
) AS by_parent ON true;
ANALYZE map_product (onec_id, product_id);

-- Products that get a default variant: no offer in the files or in the shop (DEFAULT-1). The rule is global: it
-- looks at every product of the shop, as the reference importer does.
CREATE TEMP TABLE default_product ON COMMIT DROP AS
SELECT bare.onec_id, bare.product_id, bare.product_onec_id
FROM (
    SELECT p.onec_id, p.id AS product_id, m.onec_id AS product_onec_id
    FROM products AS p LEFT JOIN map_product AS m ON m.product_id = p.id
    WHERE p.onec_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM product_variants AS v WHERE v.product_id = p.id)
    UNION ALL
    SELECT m.onec_id, NULL, m.onec_id FROM map_product AS m WHERE m.product_id IS NULL AND m.is_record
) AS bare
LEFT JOIN map_product AS m ON m.onec_id = bare.product_onec_id
WHERE :makes_default_variants
  AND NOT coalesce(m.is_deleted, false)
  AND NOT EXISTS (SELECT 1 FROM stg_offer AS o WHERE o.product_onec_id = bare.product_onec_id)
  AND NOT EXISTS (SELECT 1 FROM product_variants AS v WHERE v.onec_id = bare.onec_id)
  AND (coalesce(m.is_record, false) OR NOT (:is_full_products OR EXISTS (
      SELECT 1 FROM freesport_sync.deactivated_objects AS d
      WHERE d.entity = 'product' AND d.onec_id IN (bare.onec_id, bare.product_onec_id))));

-- Every variant that this run may touch, and the product it belongs to.
CREATE TEMP TABLE map_variant ON COMMIT DROP AS
SELECT mentioned.onec_id, v.id AS variant_id,
       coalesce(v.product_id, by_offer.product_id, d.product_id) AS product_id,
       CASE WHEN v.id IS NOT NULL THEN by_variant.onec_id ELSE coalesce(by_offer.onec_id, d.product_onec_id) END
           AS product_onec_id,
       v.id IS NULL AND o.onec_id IS NULL AS is_default
FROM (
    SELECT onec_id FROM stg_offer
    UNION SELECT onec_id FROM stg_price
    UNION SELECT onec_id FROM stg_rest
    UNION SELECT onec_id FROM default_product
    UNION SELECT onec_id FROM delivered_picture WHERE owner = 'variant'
    -- VAT of a product is passed on to its variants; its own variant, also a default one, is replaced by real offers.
    UNION SELECT own.onec_id FROM map_product AS m JOIN product_variants AS own ON own.product_id = m.product_id
        WHERE m.is_record OR starts_with(own.sku, own.onec_id) OR strpos(own.onec_id, '#') = 0
    UNION SELECT onec_id FROM own_row WHERE is_offer
    UNION SELECT onec_id FROM product_variants WHERE :is_full_variants AND (is_active OR stock_quantity > 0)
) AS mentioned
LEFT JOIN product_variants AS v ON v.onec_id = mentioned.onec_id
LEFT JOIN map_product AS by_variant ON by_variant.product_id = v.product_id
LEFT JOIN stg_offer AS o ON o.onec_id = mentioned.onec_id
LEFT JOIN map_product AS by_offer ON by_offer.onec_id = o.product_onec_id
LEFT JOIN default_product AS d ON d.onec_id = mentioned.onec_id
WHERE v.id IS NOT NULL
   OR d.onec_id IS NOT NULL
   OR ((by_offer.product_id IS NOT NULL OR by_offer.is_record) AND NOT (o.is_deleted AND o.name IS NULL));
ANALYZE map_variant (onec_id, variant_id, product_id);

-- Delivered pictures that their owner does not list yet, by file name: galleries only ever grow (PICTURE-4).
CREATE TEMP TABLE new_picture ON COMMIT DROP AS
SELECT d.owner, d.onec_id, array_agg(d.path ORDER BY d.number) AS paths
FROM delivered_picture AS d
LEFT JOIN map_product AS m ON d.owner = 'product' AND m.onec_id = d.onec_id
LEFT JOIN map_variant AS mv ON d.owner = 'variant' AND mv.onec_id = d.onec_id
LEFT JOIN products AS p ON p.id = m.product_id
LEFT JOIN product_variants AS v ON v.id = mv.variant_id
WHERE (m.is_record OR p.id IS NOT NULL OR mv.onec_id IS NOT NULL)
  AND NOT EXISTS (
      SELECT 1
      FROM jsonb_path_query(coalesce(p.base_images, v.gallery_images || to_jsonb(coalesce(v.main_image, ''))), '$[*]') AS listed
      WHERE substring(listed #>> '{}' FROM '[^/]*$') = substring(d.path FROM '[^/]*$'))
GROUP BY d.owner, d.onec_id;
ANALYZE new_picture (owner, onec_id);

-- Stock of an offer: the sum over its warehouses; its warehouse is the one that has most, the first of equals
-- (STOCK-1). One that the shop's column cannot keep leaves the warehouse as it was, and so does any quantity that
-- cannot be read the stock.
CREATE TEMP TABLE rest_total ON COMMIT DROP AS
SELECT onec_id,
       bool_and(quantity IS NOT NULL) AS is_readable,
       least(sum(quantity), 2147483647)::integer AS stock_quantity,
       sum(quantity) > 2147483647 AND bool_and(quantity IS NOT NULL) AS is_cut,
       (array_agg(CASE WHEN length(warehouse_onec_id) <= 64 THEN warehouse_onec_id END
                  ORDER BY quantity DESC, file_no, position, entry)
           FILTER (WHERE warehouse_onec_id IS NOT NULL))[1] AS warehouse_id
FROM stg_rest GROUP BY onec_id;

CREATE TEMP TABLE chg_variant ON COMMIT DROP AS
WITH live_offer AS (
    SELECT DISTINCT product_onec_id FROM stg_offer WHERE NOT is_deleted
),
placed AS (
    SELECT mv.*, r.onec_id IS NOT NULL AS has_rest, r.stock_quantity,
           coalesce(r.warehouse_id, v.warehouse_id) AS warehouse_id,
           CASE WHEN r.warehouse_id IS NULL THEN v.warehouse_name
                ELSE coalesce(w.name, CASE WHEN v.warehouse_id = r.warehouse_id THEN v.warehouse_name END)
           END AS warehouse_name
    FROM map_variant AS mv
    LEFT JOIN product_variants AS v ON v.id = mv.variant_id
    LEFT JOIN rest_total AS r
        ON r.onec_id = mv.onec_id AND r.is_readable AND (:owns_stock OR mv.variant_id IS NULL)
    LEFT JOIN map_warehouse AS w ON w.onec_id = r.warehouse_id
),
resolved AS (
    SELECT mv.onec_id, mv.variant_id, mv.product_id, mv.product_onec_id, mv.is_default, mv.has_rest,
           o.file_no, o.position, s.onec_id IS NOT NULL AS has_price,
           CASE
               WHEN mv.is_default THEN mv.onec_id
               WHEN v.id IS NULL THEN coalesce(o.article, 'SKU-' || left(mv.onec_id, 8))
               -- ART, ART-1, ART-2 all stand for the article ART (VARIANT-4): only another article renames. A long one
               -- is cut so that its number fits, see rules/unique_names.py.
               WHEN o.article <> v.sku AND v.sku IS DISTINCT FROM
                   left(o.article, 100 - length(number.suffix)) || number.suffix THEN o.article
           END AS wanted_sku,
           coalesce(o.color_name, v.color_name, '') AS color_name,
           coalesce(o.size_value, v.size_value, '') AS size_value,
           coalesce(s.retail_price, v.retail_price, 0) AS retail_price,
           CASE WHEN s.clears AND s.unreadable !~ 'opt1_price' THEN s.opt1_price ELSE coalesce(s.opt1_price, v.opt1_price) END AS opt1_price,
           CASE WHEN s.clears AND s.unreadable !~ 'opt2_price' THEN s.opt2_price ELSE coalesce(s.opt2_price, v.opt2_price) END AS opt2_price,
           CASE WHEN s.clears AND s.unreadable !~ 'opt3_price' THEN s.opt3_price ELSE coalesce(s.opt3_price, v.opt3_price) END AS opt3_price,
           CASE WHEN s.clears AND s.unreadable !~ 'trainer_price' THEN s.trainer_price ELSE coalesce(s.trainer_price, v.trainer_price) END AS trainer_price,
           CASE WHEN s.clears AND s.unreadable !~ 'federation_price' THEN s.federation_price ELSE coalesce(s.federation_price, v.federation_price) END
               AS federation_price,
           CASE WHEN s.clears AND s.unreadable !~ 'rrp' THEN s.rrp ELSE coalesce(s.rrp, v.rrp) END AS rrp,
           CASE WHEN s.clears AND s.unreadable !~ 'msrp' THEN s.msrp ELSE coalesce(s.msrp, v.msrp) END AS msrp,
           hiding.is_hidden,
           -- NULL keeps what the shop has: it sells while we import, only a stock that 1C changed is written. The shop's
           -- product page lists hidden variants with their stock, so what we hide has none.
           CASE WHEN hiding.is_hidden THEN nullif(0, v.stock_quantity)
                WHEN mv.has_rest AND mv.stock_quantity IS DISTINCT FROM v.stock_quantity THEN mv.stock_quantity END
               AS stock_quantity,
           mv.warehouse_id, mv.warehouse_name,
           CASE
               WHEN v.id IS NOT NULL AND NOT :owns_vat_rate THEN v.vat_rate
               WHEN v.id IS NULL OR o.onec_id IS NOT NULL OR mv.has_rest OR m.is_record
                   -- The rate of the warehouse that sells it goes before the product's.
                   THEN coalesce(rule.vat_rate, CASE WHEN :owns_vat_rate OR p.id IS NULL THEN m.vat_rate END, p.vat_rate,
                                 v.vat_rate)
               ELSE v.vat_rate
           END AS vat_rate,
           shown.is_active,
           gives_way.yes AS gives_way,
           CASE WHEN coalesce(v.main_image, '') = '' THEN coalesce(pic.paths[1], v.main_image) ELSE v.main_image END
               AS main_image,
           CASE WHEN pic.paths IS NULL THEN coalesce(v.gallery_images, '[]')
                WHEN coalesce(v.main_image, '') = '' THEN coalesce(v.gallery_images, '[]') || to_jsonb(pic.paths[2:])
                ELSE v.gallery_images || to_jsonb(pic.paths) END AS gallery_images,
           v.main_image AS old_main_image, v.gallery_images AS old_gallery_images,
           v.sku AS old_sku, v.color_name AS old_color_name, v.size_value AS old_size_value,
           v.retail_price AS old_retail_price, v.opt1_price AS old_opt1_price, v.opt2_price AS old_opt2_price,
           v.opt3_price AS old_opt3_price, v.trainer_price AS old_trainer_price,
           v.federation_price AS old_federation_price, v.rrp AS old_rrp, v.msrp AS old_msrp,
           v.stock_quantity AS old_stock_quantity, v.warehouse_id AS old_warehouse_id,
           v.warehouse_name AS old_warehouse_name, v.vat_rate AS old_vat_rate, v.is_active AS old_is_active
    FROM placed AS mv
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
    CROSS JOIN LATERAL (SELECT substring(v.sku FROM '-[0-9]+$') AS suffix) AS number
    -- Made by us or by the reference importer; its SKU has a number where the id is another variant's article.
    CROSS JOIN LATERAL (SELECT v.onec_id = p.onec_id AND starts_with(v.sku, v.onec_id) AS yes) AS is_default
    -- The variant of a product itself, whoever has made it, gives way to those of its characteristics.
    LEFT JOIN own_row ON own_row.onec_id = mv.onec_id AND own_row.is_offer
    CROSS JOIN LATERAL (
        SELECT coalesce(
            o.onec_id IS NULL AND v.id IS NOT NULL
            AND (own_row.onec_id IS NOT NULL
                 OR (live.product_onec_id IS NOT NULL AND (is_default.yes OR (
                     split_part(v.onec_id, '#', 2) IN ('', '00000000-0000-0000-0000-000000000000')
                     AND split_part(v.onec_id, '#', 1) IN (p.onec_id, p.parent_onec_id))))), false) AS yes
    ) AS gives_way
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN o.onec_id IS NOT NULL THEN NOT o.is_deleted
            WHEN mv.is_default THEN true
            WHEN gives_way.yes THEN false
            -- Undoing an import has hidden it, and its product is there again.
            WHEN undone.onec_id IS NOT NULL AND m.is_record AND live.product_onec_id IS NULL THEN true
            WHEN :is_full_variants AND NOT is_default.yes THEN false
            ELSE v.is_active
        END AS is_active
    ) AS shown
    -- By us, now, or before and 1C names its stock; one that an operator has hidden gets the stock that 1C says.
    CROSS JOIN LATERAL (
        SELECT NOT shown.is_active
               AND (o.onec_id IS NOT NULL OR gives_way.yes OR :is_full_variants
                    OR (mv.has_rest AND (undone.onec_id IS NOT NULL OR noted.onec_id IS NOT NULL))) AS is_hidden
    ) AS hiding
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
ANALYZE chg_variant (ord, variant_id, product_id, onec_id);

-- What the variants mean for their products: the first variant makes a product visible, stock completes its sync.
CREATE TEMP TABLE product_state ON COMMIT DROP AS
SELECT product_id, CASE WHEN product_id IS NULL THEN product_onec_id END AS product_onec_id,
       bool_or(gets_variant) AS gets_variant, bool_or(gets_live) AS gets_live,
       bool_or(gets_live AND NOT is_default) AS gets_live_offer, bool_or(has_rest) AS has_rest
FROM (
    SELECT product_id, product_onec_id, variant_id IS NULL AS gets_variant,
           is_active AND old_is_active IS NOT TRUE AS gets_live, is_default, false AS has_rest
    FROM chg_variant WHERE variant_id IS NULL OR (is_active AND NOT old_is_active)
    UNION ALL
    SELECT mv.product_id, mv.product_onec_id, false, false, false, true
    FROM rest_total AS r JOIN map_variant AS mv ON mv.onec_id = r.onec_id WHERE r.is_readable
) AS facts
GROUP BY 1, 2;

-- Which products are shown. 1C hides one (a mark, or absence from a --full run) until 1C shows it; a new one waits for the
-- first of its variants that is shown; what is hidden for neither reason, an operator has hidden, and it stays so.
-- The two reasons are remembered in deactivated_objects; that a product without variants waits can be seen.
CREATE TEMP TABLE product_view ON COMMIT DROP AS
WITH touched AS (
    SELECT m.onec_id, m.product_id, false AS is_absent
    FROM map_product AS m JOIN stg_product AS s ON s.onec_id = m.onec_id WHERE m.product_id IS NOT NULL OR m.is_record
    UNION ALL
    -- Only pictures are imported: nothing else is staged.
    SELECT m.onec_id, m.product_id, false
    FROM new_picture AS pic JOIN map_product AS m ON pic.owner = 'product' AND m.onec_id = pic.onec_id
    WHERE NOT EXISTS (SELECT 1 FROM stg_product AS s WHERE s.onec_id = pic.onec_id)
    UNION ALL
    SELECT NULL, state.product_id, :is_full_products FROM product_state AS state
    WHERE state.product_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM map_product AS m JOIN stg_product AS s ON s.onec_id = m.onec_id
                      WHERE m.product_id = state.product_id)
    UNION ALL
    SELECT NULL, p.id, true FROM products AS p
    WHERE :is_full_products AND p.onec_id IS NOT NULL
      AND (p.is_active OR NOT EXISTS (SELECT 1 FROM product_variants AS v WHERE v.product_id = p.id))
      AND NOT EXISTS (SELECT 1 FROM map_product AS m JOIN stg_product AS s ON s.onec_id = m.onec_id
                      WHERE m.product_id = p.id)
      AND NOT EXISTS (SELECT 1 FROM product_state AS state WHERE state.product_id = p.id)
),
before AS (
    SELECT t.*, coalesce(p.onec_id, p.parent_onec_id, t.onec_id) AS key,
           coalesce(s.is_deleted, false) OR t.is_absent AS is_marked,
           s.is_deleted IS FALSE AS is_unmarked,
           coalesce(own.gets_variant, new.gets_variant, false) AS gets_variant,
           coalesce(own.gets_live, new.gets_live, false) AS gets_live,
           coalesce(own.gets_live_offer, new.gets_live_offer, false) AS gets_live_offer,
           coalesce(own.has_rest, new.has_rest, false) AS has_rest,
           coalesce(p.is_active, false) AS was_active, coalesce(p.sync_status, 'pending') AS old_sync_status,
           has_variant.yes AS has_variant, has_variant.live AS has_live,
           hidden.onec_id IS NOT NULL AS was_hidden, waiting.onec_id IS NOT NULL AS was_noted_waiting
    FROM touched AS t
    LEFT JOIN stg_product AS s ON s.onec_id = t.onec_id
    LEFT JOIN products AS p ON p.id = t.product_id
    LEFT JOIN product_state AS own ON own.product_id = t.product_id
    LEFT JOIN product_state AS new ON new.product_onec_id = t.onec_id
    LEFT JOIN freesport_sync.deactivated_objects AS hidden
        ON hidden.entity = 'product' AND hidden.onec_id = coalesce(p.onec_id, p.parent_onec_id, t.onec_id)
    LEFT JOIN freesport_sync.deactivated_objects AS waiting
        ON waiting.entity = 'product_waiting' AND waiting.onec_id = coalesce(p.onec_id, p.parent_onec_id, t.onec_id)
    CROSS JOIN LATERAL (
        SELECT count(*) > 0 AS yes, coalesce(bool_or(v.is_active), false) AS live
        FROM product_variants AS v WHERE v.product_id = p.id AND NOT p.is_active
    ) AS has_variant
),
waited AS (
    SELECT *, NOT was_active AND (NOT has_variant OR was_noted_waiting) AS was_waiting FROM before
),
after AS (
    SELECT *,
           CASE WHEN is_marked THEN was_active OR was_hidden OR was_waiting
                ELSE was_hidden AND NOT was_active AND NOT is_unmarked END AS is_hidden,
           NOT was_active AND NOT gets_live
               -- Shown again by 1C, but all its variants are marked.
               AND (was_waiting OR (was_hidden AND is_unmarked AND NOT has_live)) AS is_waiting
    FROM waited
)
SELECT onec_id, product_id, key, is_hidden, was_hidden, was_noted_waiting,
       is_waiting AND (has_variant OR gets_variant) AS is_noted_waiting,
       NOT is_marked AND NOT is_hidden AND (was_active OR ((was_hidden OR was_waiting) AND NOT is_waiting)) AS is_active,
       CASE
           WHEN has_rest THEN 'completed'
           WHEN gets_live_offer AND was_waiting AND old_sync_status <> 'completed' THEN 'in_progress'
           ELSE old_sync_status
       END AS sync_status
FROM after;
ANALYZE product_view (onec_id, product_id);

CREATE TEMP TABLE chg_product ON COMMIT DROP AS
WITH resolved AS (
    SELECT t.product_id, coalesce(t.onec_id, p.onec_id) AS onec_id, s.file_no, s.position,
           s.onec_id IS NOT NULL AS has_record,
           -- Transliteration leaves nothing of `中文`: as in the reference importer the id names the product then.
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
               -- As the description: where 1C has none, or none that anybody knows, the shop's stays (BRAND-2).
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
    FROM product_view AS t
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
ANALYZE chg_product (ord, product_id, onec_id);
