-- How many objects of the live shop the run would hide, move, price at nothing or sell out, and out of how many.
SELECT 'products_deactivated' AS change,
       count(*) FILTER (WHERE c.old_is_active AND NOT c.is_active) AS affected, (SELECT count(*) FROM products) AS existing
FROM chg_product AS c WHERE c.product_id IS NOT NULL
UNION ALL
SELECT 'products_moved', count(*) FILTER (WHERE c.category_key IS NOT NULL), (SELECT count(*) FROM products)
FROM chg_product AS c WHERE c.product_id IS NOT NULL
UNION ALL
SELECT change, affected, (SELECT count(*) FROM product_variants)
FROM (
    -- A variant of the product itself that gives way to those of its characteristics is no loss to the shop.
    SELECT count(*) FILTER (WHERE old_is_active AND NOT is_active AND NOT gives_way) AS variants_deactivated,
           count(*) FILTER (WHERE old_retail_price > 0 AND retail_price = 0) AS prices_zeroed,
           count(*) FILTER (WHERE old_stock_quantity > 0 AND stock_quantity = 0) AS stocks_zeroed
    FROM chg_variant WHERE variant_id IS NOT NULL
) AS totals
CROSS JOIN LATERAL (VALUES
    ('variants_deactivated', variants_deactivated), ('prices_zeroed', prices_zeroed), ('stocks_zeroed', stocks_zeroed)
) AS changes (change, affected)
