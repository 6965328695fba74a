-- How much of what buyers see the run would remove or change, and of how much (GUARD-2). Buyers see visible products
-- and their visible variants. Hidden objects do not count, and an object that the run hides does not count again for
-- the price and stock that it loses.
WITH visible AS (
    SELECT (SELECT count(*) FROM products WHERE is_active) AS products,
           (SELECT count(*) FROM product_variants AS v JOIN products AS p ON p.id = v.product_id
            WHERE v.is_active AND p.is_active) AS variants
),
product_totals AS (
    SELECT count(*) FILTER (WHERE NOT is_active) AS products_deactivated,
           count(*) FILTER (WHERE is_active AND category_key IS NOT NULL) AS products_moved
    FROM chg_product WHERE product_id IS NOT NULL AND old_is_active
),
unlisted AS (
    SELECT count(*) AS products
    FROM products AS p LEFT JOIN chg_product AS c ON c.product_id = p.id
    WHERE p.category_id = ANY(CAST(:leaving_menu AS bigint[])) AND p.is_active
      AND c.is_active IS NOT FALSE AND c.category_key IS NULL
),
variant_totals AS (
    -- A product's own variant that is replaced by those of its characteristics is no loss to the shop.
    SELECT count(*) FILTER (WHERE NOT v.is_active AND NOT v.gives_way) AS variants_deactivated,
           count(*) FILTER (WHERE stays.yes AND (
               v.old_retail_price > 0 AND v.retail_price = 0
               OR greatest(v.old_retail_price, v.old_opt1_price, v.old_opt2_price, v.old_opt3_price, v.old_trainer_price,
                           v.old_federation_price) > 0
                   AND greatest(v.retail_price, v.opt1_price, v.opt2_price, v.opt3_price, v.trainer_price,
                                v.federation_price) = 0)) AS prices_zeroed,
           count(*) FILTER (WHERE stays.yes AND v.old_stock_quantity > 0 AND v.stock_quantity = 0) AS stocks_zeroed
    FROM chg_variant AS v
    JOIN products AS p ON p.id = v.product_id
    LEFT JOIN chg_product AS c ON c.product_id = p.id
    CROSS JOIN LATERAL (SELECT v.is_active AND c.is_active IS NOT FALSE AS yes) AS stays
    WHERE v.variant_id IS NOT NULL AND v.old_is_active AND p.is_active
)
SELECT changes.*
FROM visible, product_totals, unlisted, variant_totals
CROSS JOIN LATERAL (VALUES
    ('products_deactivated', products_deactivated, visible.products),
    ('products_moved', products_moved, visible.products),
    ('products_unlisted', unlisted.products, visible.products),
    ('variants_deactivated', variants_deactivated, visible.variants),
    ('prices_zeroed', prices_zeroed, visible.variants),
    ('stocks_zeroed', stocks_zeroed, visible.variants)
) AS changes (change, affected, existing)
