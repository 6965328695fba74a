SELECT DISTINCT ON (s.onec_id) s.file_no, s.line, s.onec_id, '' AS name, r.stock_quantity::text AS value
FROM rest_total AS r
JOIN stg_rest AS s ON s.onec_id = r.onec_id
WHERE r.is_cut
ORDER BY s.onec_id, s.file_no, s.position
