SELECT entity, count(*) FILTER (WHERE set_back) AS updated, count(*) FILTER (WHERE hides) AS hidden,
       count(*) FILTER (WHERE kept) AS kept
FROM (
    SELECT entity, table_name, row_id, bool_or(is_set_back) AS set_back, bool_or(NOT is_set_back) AS kept,
           bool_or(is_set_back AND field = 'is_active' AND target = 'false') AS hides
    FROM difference GROUP BY 1, 2, 3
    UNION ALL
    SELECT entity, table_name, owner_id, bool_or(is_set_back), bool_or(NOT is_set_back), false
    FROM link_difference GROUP BY 1, 2, 3
) AS found
GROUP BY entity
