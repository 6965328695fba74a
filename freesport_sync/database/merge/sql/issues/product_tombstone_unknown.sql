SELECT s.file_no, s.line, s.onec_id, '' AS name, s.onec_id AS value
FROM stg_product AS s
JOIN map_product AS m ON m.onec_id = s.onec_id
WHERE m.product_id IS NULL AND NOT m.is_record
ORDER BY s.file_no, s.position
