SELECT id FROM products
WHERE id IN (SELECT product_id FROM chg_product WHERE product_id IS NOT NULL AND ord BETWEEN :first AND :last)
ORDER BY id FOR UPDATE
