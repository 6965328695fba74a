SELECT s.file_no, s.line, s.onec_id, p.name, s.article, s.name AS value, p.name AS kept
FROM stg_product AS s
JOIN map_product AS m ON m.onec_id = s.onec_id
JOIN products AS p ON p.id = m.product_id
LEFT JOIN chg_product AS c ON c.onec_id = s.onec_id
WHERE s.name <> p.name AND coalesce(c.name, p.name) = p.name
ORDER BY s.file_no, s.position
