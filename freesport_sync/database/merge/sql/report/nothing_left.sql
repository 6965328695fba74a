-- Whether buyers see something now and would see nothing after the run: no product, or no variant of any product
-- (GUARD-3).
SELECT EXISTS (SELECT FROM products WHERE is_active)
   AND NOT EXISTS (
       SELECT FROM products AS p LEFT JOIN chg_product AS c ON c.product_id = p.id
       WHERE coalesce(c.is_active, p.is_active))
   AND NOT EXISTS (SELECT FROM chg_product WHERE product_id IS NULL AND is_active)
    OR EXISTS (
       SELECT FROM product_variants AS v JOIN products AS p ON p.id = v.product_id WHERE v.is_active AND p.is_active)
   AND NOT EXISTS (
       SELECT FROM product_variants AS v
       JOIN products AS p ON p.id = v.product_id
       LEFT JOIN chg_variant AS changed ON changed.variant_id = v.id
       LEFT JOIN chg_product AS c ON c.product_id = p.id
       WHERE coalesce(changed.is_active, v.is_active) AND coalesce(c.is_active, p.is_active))
   AND NOT EXISTS (
       SELECT FROM chg_variant AS v
       LEFT JOIN products AS p ON p.id = v.product_id
       LEFT JOIN chg_product AS c ON c.product_id = v.product_id
       LEFT JOIN chg_product AS new ON v.product_id IS NULL AND new.product_id IS NULL AND new.onec_id = v.product_onec_id
       WHERE v.variant_id IS NULL AND v.is_active AND coalesce(c.is_active, new.is_active, p.is_active))
