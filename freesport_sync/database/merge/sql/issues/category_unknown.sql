SELECT s.file_no, s.line, s.onec_id, s.name, s.article, s.category_onec_id AS value
FROM stg_product AS s
JOIN chg_product AS c ON c.onec_id = s.onec_id AND c.product_id IS NULL
WHERE c.category_key = :hidden_category
ORDER BY s.file_no, s.position
