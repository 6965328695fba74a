SELECT id FROM product_variants
WHERE id IN (SELECT variant_id FROM chg_variant WHERE variant_id IS NOT NULL AND ord BETWEEN :first AND :last)
ORDER BY id FOR UPDATE
