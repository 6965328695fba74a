SELECT s.file_no, s.line, s.onec_id, p.name, s.article,
       coalesce(wanted.name, s.category_onec_id) AS value, kept.name AS kept
FROM stg_product AS s
JOIN map_product AS m ON m.onec_id = s.onec_id
JOIN products AS p ON p.id = m.product_id
JOIN map_category AS category ON category.onec_id = s.category_onec_id
JOIN categories AS kept ON kept.id = p.category_id
LEFT JOIN categories AS wanted ON wanted.id = category.category_id
LEFT JOIN chg_product AS c ON c.onec_id = s.onec_id
WHERE s.name IS NOT NULL AND category.category_id IS DISTINCT FROM p.category_id AND c.category_key IS NULL
ORDER BY s.file_no, s.position
