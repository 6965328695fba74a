SELECT object_no, file_no, line, owner, onec_id, name, path, is_listed
FROM found_picture WHERE object_no BETWEEN :first AND :last
ORDER BY object_no, file_no, position, number
