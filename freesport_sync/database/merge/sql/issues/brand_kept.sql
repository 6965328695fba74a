SELECT s.file_no, s.line, s.onec_id, p.name, s.article,
       coalesce(wanted.name, s.brand_onec_id) AS value, kept.name AS kept
FROM stg_product AS s
JOIN map_product AS m ON m.onec_id = s.onec_id
JOIN products AS p ON p.id = m.product_id
JOIN map_brand AS brand ON brand.onec_id = s.brand_onec_id
JOIN brands AS kept ON kept.id = p.brand_id
LEFT JOIN brands AS wanted ON wanted.id = brand.brand_id
WHERE s.name IS NOT NULL AND brand.brand_id IS DISTINCT FROM p.brand_id
ORDER BY s.file_no, s.position
