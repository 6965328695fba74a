-- Variants shown again without stock: hiding them, after a deletion mark or for their absence, had set it to 0.
SELECT coalesce(o.file_no, s.file_no) AS file_no, coalesce(o.line, s.line, 0) AS line, c.onec_id,
       coalesce(o.name, s.name, '') AS name, coalesce(o.article, c.old_sku) AS article, c.old_sku AS value
FROM chg_variant AS c
LEFT JOIN stg_offer AS o ON o.onec_id = c.onec_id
LEFT JOIN stg_product AS s ON s.onec_id = c.product_onec_id
WHERE c.is_active AND NOT c.old_is_active AND c.old_stock_quantity = 0 AND NOT c.has_rest
ORDER BY 1, c.ord
