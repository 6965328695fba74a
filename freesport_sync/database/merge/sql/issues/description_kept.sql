SELECT s.file_no, s.line, s.onec_id, p.name, s.article, s.description AS value, p.description AS kept
FROM stg_product AS s
JOIN map_product AS m ON m.onec_id = s.onec_id
JOIN products AS p ON p.id = m.product_id
WHERE s.description <> p.description
ORDER BY s.file_no, s.position
