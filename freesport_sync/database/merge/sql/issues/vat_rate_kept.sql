SELECT s.file_no, s.line, s.onec_id, p.name, s.article,
       s.vat_rate::text AS value, coalesce(p.vat_rate::text, '') AS kept
FROM stg_product AS s
JOIN map_product AS m ON m.onec_id = s.onec_id
JOIN products AS p ON p.id = m.product_id
WHERE s.vat_rate IS NOT NULL AND s.vat_rate IS DISTINCT FROM p.vat_rate
ORDER BY s.file_no, s.position
