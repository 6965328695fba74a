SELECT s.file_no, s.line, s.onec_id, '' AS name, c.old_stock_quantity::text AS value
FROM stg_rest AS s
JOIN chg_variant AS c ON c.onec_id = s.onec_id
WHERE s.entry IS NULL AND c.stock_quantity = 0 AND c.old_stock_quantity > 0
ORDER BY s.file_no, s.position
