UPDATE difference AS d SET is_set_back = false, reason = :reason, because = s.signs
FROM (
    SELECT row_id, string_agg(DISTINCT sign, ', ' ORDER BY sign) AS signs FROM sign_of_use GROUP BY row_id
) AS s
WHERE d.table_name = :table AND d.row_id = s.row_id AND d.reason IN ('created', 'shown') AND d.is_set_back
