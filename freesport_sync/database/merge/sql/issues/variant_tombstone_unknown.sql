SELECT o.file_no, o.line, o.onec_id, '' AS name, o.onec_id AS value
FROM stg_offer AS o
WHERE o.is_deleted AND o.name IS NULL
  AND NOT EXISTS (SELECT 1 FROM map_variant AS mv WHERE mv.onec_id = o.onec_id)
ORDER BY o.file_no, o.position
