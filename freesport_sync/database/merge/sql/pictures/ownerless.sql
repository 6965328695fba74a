SELECT min(file_no) AS file_no, min(line) AS line, onec_id
FROM found_picture WHERE NOT is_known
GROUP BY owner, onec_id
ORDER BY 1, 2, 3
