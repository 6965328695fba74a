-- Delete the links that imports have made.
DELETE FROM {table} AS l USING link_difference AS d
WHERE d.table_name = :table AND d.is_set_back AND d.is_new
  AND l.{owner} = d.owner_id AND l.attributevalue_id = d.value_id
