-- Set the product ids of variants whose products this run has just created.
UPDATE chg_variant AS c SET product_id = p.id
FROM products AS p
WHERE c.product_id IS NULL AND p.onec_id = c.product_onec_id
