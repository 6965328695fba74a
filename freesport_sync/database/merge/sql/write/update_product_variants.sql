-- Only what differs is written, column by column: what an operator or a checkout has changed since the comparison stays.
UPDATE product_variants AS v
SET sku = coalesce(c.sku, v.sku),
    color_name = CASE WHEN c.color_name IS DISTINCT FROM c.old_color_name THEN c.color_name ELSE v.color_name END,
    size_value = CASE WHEN c.size_value IS DISTINCT FROM c.old_size_value THEN c.size_value ELSE v.size_value END,
    retail_price = CASE WHEN c.retail_price IS DISTINCT FROM c.old_retail_price THEN c.retail_price ELSE v.retail_price END,
    opt1_price = CASE WHEN c.opt1_price IS DISTINCT FROM c.old_opt1_price THEN c.opt1_price ELSE v.opt1_price END,
    opt2_price = CASE WHEN c.opt2_price IS DISTINCT FROM c.old_opt2_price THEN c.opt2_price ELSE v.opt2_price END,
    opt3_price = CASE WHEN c.opt3_price IS DISTINCT FROM c.old_opt3_price THEN c.opt3_price ELSE v.opt3_price END,
    trainer_price = CASE WHEN c.trainer_price IS DISTINCT FROM c.old_trainer_price THEN c.trainer_price ELSE v.trainer_price END,
    federation_price = CASE WHEN c.federation_price IS DISTINCT FROM c.old_federation_price THEN c.federation_price ELSE v.federation_price END,
    rrp = CASE WHEN c.rrp IS DISTINCT FROM c.old_rrp THEN c.rrp ELSE v.rrp END,
    msrp = CASE WHEN c.msrp IS DISTINCT FROM c.old_msrp THEN c.msrp ELSE v.msrp END,
    stock_quantity = coalesce(c.stock_quantity, v.stock_quantity),
    warehouse_id = CASE WHEN c.warehouse_id IS DISTINCT FROM c.old_warehouse_id THEN c.warehouse_id ELSE v.warehouse_id END,
    warehouse_name = CASE WHEN c.warehouse_name IS DISTINCT FROM c.old_warehouse_name THEN c.warehouse_name ELSE v.warehouse_name END,
    vat_rate = CASE WHEN c.vat_rate IS DISTINCT FROM c.old_vat_rate THEN c.vat_rate ELSE v.vat_rate END,
    is_active = CASE WHEN c.is_active IS DISTINCT FROM c.old_is_active THEN c.is_active ELSE v.is_active END,
    main_image = CASE WHEN c.main_image IS DISTINCT FROM c.old_main_image THEN c.main_image ELSE v.main_image END,
    gallery_images = CASE WHEN c.gallery_images IS DISTINCT FROM c.old_gallery_images THEN c.gallery_images ELSE v.gallery_images END,
    last_sync_at = now(),
    updated_at = now()
FROM chg_variant AS c
WHERE v.id = c.variant_id AND c.ord BETWEEN :first AND :last
