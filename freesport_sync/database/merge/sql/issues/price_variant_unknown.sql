SELECT s.file_no, s.line, s.onec_id, '' AS name, s.onec_id AS value
FROM stg_price AS s
WHERE NOT EXISTS (SELECT 1 FROM map_variant AS mv WHERE mv.onec_id = s.onec_id)
ORDER BY s.file_no, s.position
