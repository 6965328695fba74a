SELECT entity, count(*) FILTER (WHERE set_back), count(*) FILTER (WHERE kept)
FROM (
    SELECT entity, table_name, row_id, bool_or(is_set_back) AS set_back, bool_or(NOT is_set_back) AS kept
    FROM difference GROUP BY 1, 2, 3
    UNION ALL
    SELECT entity, table_name, owner_id, bool_or(is_set_back), bool_or(NOT is_set_back)
    FROM link_difference GROUP BY 1, 2, 3
) AS found
GROUP BY entity
