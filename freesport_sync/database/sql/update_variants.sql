-- A stock that 1C did not change keeps the shop's live value: a checkout may have lowered it since the comparison.
UPDATE product_variants AS v
SET sku = coalesce(c.sku, v.sku),
    color_name = c.color_name,
    size_value = c.size_value,
    retail_price = c.retail_price,
    opt1_price = c.opt1_price,
    opt2_price = c.opt2_price,
    opt3_price = c.opt3_price,
    trainer_price = c.trainer_price,
    federation_price = c.federation_price,
    rrp = c.rrp,
    msrp = c.msrp,
    stock_quantity = coalesce(c.stock_quantity, v.stock_quantity),
    warehouse_id = c.warehouse_id,
    warehouse_name = c.warehouse_name,
    vat_rate = c.vat_rate,
    is_active = c.is_active,
    last_sync_at = now(),
    updated_at = now()
FROM chg_variant AS c
WHERE v.id = c.variant_id AND c.ord BETWEEN :first AND :last
