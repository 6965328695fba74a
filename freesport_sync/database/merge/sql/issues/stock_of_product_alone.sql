SELECT file_no, line, onec_id, '' AS name, onec_id AS value FROM lost_row WHERE kind = 'stock'
ORDER BY file_no, position
