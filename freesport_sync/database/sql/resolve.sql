-- RESOLVE and DIFF: staged rows get their keys and final values; what is new or differs goes into chg_variant and
-- chg_product. Reads the shop, writes only temporary tables, locks nothing; a dry run ends after it.
-- An unchanged object appears in no change table, so it is neither written nor locked.

-- Every product id that the files mention, and the shop's product it stands for (NULL: not there yet).
-- The shop finds a product by onec_id or, for old rows, by parent_onec_id; one shop product stands for one id only.
CREATE TEMP TABLE map_product ON COMMIT DROP AS
WITH wanted AS MATERIALIZED (
    SELECT onec_id FROM stg_product UNION SELECT product_onec_id FROM stg_offer
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

-- Products that get a default variant: no offer in the files or in the shop (quirks Q8, Q9). The rule is global: it
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
  AND (coalesce(m.is_record, false) OR NOT EXISTS (
      SELECT 1 FROM freesport_sync.deactivated_objects AS d
      WHERE d.entity = 'product' AND d.onec_id IN (bare.onec_id, bare.product_onec_id)));

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
    -- VAT of a product is passed on to its variants; a default variant is replaced by real offers.
    UNION SELECT own.onec_id FROM map_product AS m JOIN product_variants AS own ON own.product_id = m.product_id
        WHERE m.is_record OR starts_with(own.sku, own.onec_id)
    UNION SELECT onec_id FROM product_variants WHERE :is_full_variants AND is_active
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

-- Stock of an offer: the sum over its warehouses; its warehouse is the one that has most, the first of equals.
CREATE TEMP TABLE rest_total ON COMMIT DROP AS
SELECT onec_id,
       least(sum(quantity), 2147483647)::integer AS stock_quantity,
       sum(quantity) > 2147483647 AS is_cut,
       (array_agg(warehouse_onec_id ORDER BY quantity DESC, file_no, position, entry)
           FILTER (WHERE warehouse_onec_id IS NOT NULL))[1] AS warehouse_id
FROM stg_rest GROUP BY onec_id;

CREATE TEMP TABLE chg_variant ON COMMIT DROP AS
WITH live_child AS (
    SELECT DISTINCT product_onec_id FROM stg_offer WHERE NOT is_deleted AND onec_id <> product_onec_id
),
placed AS (
    SELECT mv.*, r.onec_id IS NOT NULL AS has_rest, r.stock_quantity,
           coalesce(r.warehouse_id, v.warehouse_id) AS warehouse_id,
           CASE WHEN r.warehouse_id IS NULL THEN v.warehouse_name
                ELSE coalesce(w.name, CASE WHEN v.warehouse_id = r.warehouse_id THEN v.warehouse_name END)
           END AS warehouse_name
    FROM map_variant AS mv
    LEFT JOIN product_variants AS v ON v.id = mv.variant_id
    LEFT JOIN rest_total AS r ON r.onec_id = mv.onec_id AND (:owns_stock OR mv.variant_id IS NULL)
    LEFT JOIN map_warehouse AS w ON w.onec_id = r.warehouse_id
),
resolved AS (
    SELECT mv.onec_id, mv.variant_id, mv.product_id, mv.product_onec_id, mv.is_default, mv.has_rest,
           o.file_no, o.position, o.onec_id IS NOT NULL AS has_offer, s.onec_id IS NOT NULL AS has_price,
           CASE
               WHEN mv.is_default THEN mv.onec_id
               WHEN v.id IS NULL THEN coalesce(o.article, 'SKU-' || left(mv.onec_id, 8))
               -- ART, ART-1, ART-2 all stand for the article ART (quirk Q10): only another article renames. A long one
               -- is cut so that its number fits, see core/unique_names.py.
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
           -- NULL keeps what the shop has: it sells while we import, only a stock that 1C changed is written.
           CASE WHEN mv.has_rest AND mv.stock_quantity IS DISTINCT FROM v.stock_quantity THEN mv.stock_quantity END
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
           CASE
               WHEN o.onec_id IS NOT NULL THEN NOT o.is_deleted
               WHEN mv.is_default THEN true
               WHEN is_default.yes AND child.product_onec_id IS NOT NULL THEN false
               WHEN :is_full_variants AND NOT is_default.yes THEN false
               ELSE v.is_active
           END AS is_active,
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
    LEFT JOIN live_child AS child ON child.product_onec_id = mv.product_onec_id
    LEFT JOIN vat_rule AS rule ON rule.warehouse_name = mv.warehouse_name
    CROSS JOIN LATERAL (SELECT substring(v.sku FROM '-[0-9]+$') AS suffix) AS number
    -- Made by us or by the reference importer; its SKU has a number where the id is another variant's article.
    CROSS JOIN LATERAL (SELECT v.onec_id = p.onec_id AND starts_with(v.sku, v.onec_id) AS yes) AS is_default
),
compared AS (
    SELECT *,
           wanted_sku IS NOT NULL
               OR (color_name, size_value, vat_rate, is_active)
                   IS DISTINCT FROM (old_color_name, old_size_value, old_vat_rate, old_is_active) AS changes_variant,
           (retail_price, opt1_price, opt2_price, opt3_price, trainer_price, federation_price, rrp, msrp)
               IS DISTINCT FROM (old_retail_price, old_opt1_price, old_opt2_price, old_opt3_price, old_trainer_price,
                                 old_federation_price, old_rrp, old_msrp) AS changes_price,
           stock_quantity IS NOT NULL
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
       bool_or(creates) AS creates, bool_or(creates AND NOT is_default) AS creates_offer,
       bool_or(unmarks) AS unmarks, bool_or(has_rest) AS has_rest
FROM (
    SELECT product_id, product_onec_id, is_active AND variant_id IS NULL AS creates, is_default,
           is_active AND NOT old_is_active AS unmarks, false AS has_rest
    FROM chg_variant WHERE variant_id IS NULL OR (is_active AND NOT old_is_active)
    UNION ALL
    SELECT mv.product_id, mv.product_onec_id, false, false, false, true
    FROM rest_total AS r JOIN map_variant AS mv ON mv.onec_id = r.onec_id
) AS facts
GROUP BY 1, 2;

CREATE TEMP TABLE chg_product ON COMMIT DROP AS
WITH touched AS (
    SELECT m.onec_id, m.product_id, false AS is_absent
    FROM map_product AS m JOIN stg_product AS s ON s.onec_id = m.onec_id WHERE m.product_id IS NOT NULL OR m.is_record
    UNION ALL
    SELECT NULL, state.product_id, :is_full_products FROM product_state AS state
    WHERE state.product_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM map_product AS m JOIN stg_product AS s ON s.onec_id = m.onec_id
                      WHERE m.product_id = state.product_id)
    UNION ALL
    SELECT NULL, p.id, true FROM products AS p
    WHERE :is_full_products AND p.is_active AND p.onec_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM map_product AS m JOIN stg_product AS s ON s.onec_id = m.onec_id
                      WHERE m.product_id = p.id)
      AND NOT EXISTS (SELECT 1 FROM product_state AS state WHERE state.product_id = p.id)
),
resolved AS (
    SELECT t.product_id, coalesce(t.onec_id, p.onec_id) AS onec_id, t.is_absent, s.file_no, s.position,
           s.onec_id IS NOT NULL AS has_record, s.slug AS wanted_slug,
           CASE WHEN :owns_name THEN coalesce(s.last_name, s.name, p.name) WHEN p.id IS NULL THEN s.name ELSE p.name END
               AS name,
           CASE
               WHEN p.id IS NULL THEN coalesce(category.onec_id, :hidden_category)
               WHEN s.name IS NOT NULL AND :owns_category AND category.onec_id IS NOT NULL
                   AND category.category_id IS DISTINCT FROM p.category_id THEN category.onec_id
           END AS category_key,
           CASE
               WHEN p.id IS NULL THEN coalesce(brand.normalized_name, :no_brand)
               WHEN s.name IS NOT NULL AND :owns_brand
                   AND coalesce(brand.brand_id, CASE WHEN brand.onec_id IS NULL THEN nobody.id END)
                       IS DISTINCT FROM p.brand_id THEN coalesce(brand.normalized_name, :no_brand)
           END AS brand_key,
           CASE WHEN p.id IS NULL OR (s.name IS NOT NULL AND :owns_brand) THEN s.brand_onec_id ELSE p.onec_brand_id END
               AS onec_brand_id,
           CASE WHEN p.id IS NULL THEN coalesce(s.description, '')
                WHEN :owns_description THEN coalesce(s.description, p.description) ELSE p.description END AS description,
           CASE WHEN p.id IS NULL OR :owns_vat_rate THEN coalesce(s.vat_rate, p.vat_rate) ELSE p.vat_rate END AS vat_rate,
           CASE
               WHEN s.is_deleted OR t.is_absent THEN false
               WHEN p.id IS NULL THEN state.creates
               WHEN p.is_active THEN true
               WHEN state.creates AND NOT has_variant.yes THEN true
               WHEN s.name IS NULL AND NOT state.unmarks THEN false
               -- What 1C has hidden is shown again as soon as 1C shows it and one of its variants.
               ELSE (state.creates OR state.unmarks OR has_variant.live) AND EXISTS (
                   SELECT 1 FROM freesport_sync.deactivated_objects AS d
                   WHERE d.entity = 'product' AND d.onec_id IN (t.onec_id, p.onec_id))
           END AS is_active,
           CASE
               WHEN state.has_rest THEN 'completed'
               WHEN state.creates_offer AND p.is_active IS NOT TRUE AND NOT has_variant.yes THEN 'in_progress'
               ELSE coalesce(p.sync_status, 'pending')
           END AS sync_status,
           p.name AS old_name, p.onec_brand_id AS old_onec_brand_id, p.description AS old_description,
           p.vat_rate AS old_vat_rate, p.is_active AS old_is_active, p.sync_status AS old_sync_status,
           p.brand_id AS old_brand_id, p.category_id AS old_category_id
    FROM touched AS t
    LEFT JOIN stg_product AS s ON s.onec_id = t.onec_id
    LEFT JOIN products AS p ON p.id = t.product_id
    LEFT JOIN map_category AS category ON category.onec_id =
        CASE WHEN :owns_category THEN coalesce(s.last_category_onec_id, s.category_onec_id) ELSE s.category_onec_id END
    LEFT JOIN map_brand AS brand ON brand.onec_id = s.brand_onec_id
    LEFT JOIN brands AS nobody ON nobody.normalized_name = :no_brand
    LEFT JOIN product_state AS old_state ON old_state.product_id = t.product_id
    LEFT JOIN product_state AS new_state ON t.product_id IS NULL AND new_state.product_onec_id = t.onec_id
    CROSS JOIN LATERAL (
        SELECT coalesce(old_state.creates, new_state.creates, false) AS creates,
               coalesce(old_state.creates_offer, new_state.creates_offer, false) AS creates_offer,
               coalesce(old_state.unmarks, false) AS unmarks,
               coalesce(old_state.has_rest, new_state.has_rest, false) AS has_rest
    ) AS state
    CROSS JOIN LATERAL (
        SELECT count(*) > 0 AS yes, coalesce(bool_or(v.is_active), false) AS live
        FROM product_variants AS v WHERE v.product_id = p.id AND NOT p.is_active
    ) AS has_variant
)
SELECT row_number() OVER (ORDER BY product_id, file_no, position, onec_id)::integer AS ord,
       NULL::text AS slug, resolved.*
FROM resolved
WHERE product_id IS NULL OR category_key IS NOT NULL OR brand_key IS NOT NULL
   OR (name, onec_brand_id, description, vat_rate, is_active, sync_status)
       IS DISTINCT FROM (old_name, old_onec_brand_id, old_description, old_vat_rate, old_is_active, old_sync_status);
ANALYZE chg_product (ord, product_id, onec_id);
