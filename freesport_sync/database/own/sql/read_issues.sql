SELECT severity, code, file, line, onec_id, name, article, field, value, params
FROM freesport_sync.row_issues
WHERE run_id = :run_id
ORDER BY CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, code, file, line, id
LIMIT :limit
