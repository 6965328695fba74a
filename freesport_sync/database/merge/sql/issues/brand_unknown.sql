SELECT s.file_no, s.line, s.onec_id, s.name, s.article, s.brand_onec_id AS value
FROM stg_product AS s
WHERE s.brand_onec_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM map_brand AS b WHERE b.onec_id = s.brand_onec_id)
ORDER BY s.file_no, s.position
