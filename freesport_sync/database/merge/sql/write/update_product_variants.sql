-- Only what differs is written, column by column: what an operator or a checkout has changed since the comparison stays.
UPDATE product_variants AS shop
SET {changed},
    sku = coalesce(c.sku, shop.sku),
    stock_quantity = coalesce(c.stock_quantity, shop.stock_quantity),
    last_sync_at = now(),
    updated_at = now()
FROM chg_variant AS c
WHERE shop.id = c.variant_id AND c.ord BETWEEN :first AND :last
