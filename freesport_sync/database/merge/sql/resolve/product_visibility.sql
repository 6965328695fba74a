-- How variants affect their products (PRODUCT-4): the first one makes a product visible, stock completes its sync.
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

-- Which products are visible. What 1C hides (by a mark, or by absence from a --full run) stays hidden until 1C shows it;
-- a new product waits for its first visible variant; products hidden for neither reason were hidden by an operator
-- (PRODUCT-5). Both reasons are stored in deactivated_objects, except that products without variants are known to wait.
CREATE TEMP TABLE product_visibility ON COMMIT DROP AS
WITH touched AS (
    SELECT m.onec_id, m.product_id, false AS is_absent
    FROM map_product AS m JOIN stg_product AS s ON s.onec_id = m.onec_id WHERE m.product_id IS NOT NULL OR m.is_record
    UNION ALL
    -- In a run of pictures only nothing else is staged.
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
               -- Shown again by 1C, but all its variants are hidden.
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
ANALYZE product_visibility (onec_id, product_id)
