-- Keep values whose previous reference no longer exists.
UPDATE difference AS d SET is_set_back = false, reason = 'gone'
WHERE d.table_name = :table AND d.field = :field AND d.is_set_back AND d.target <> 'null'
  AND NOT EXISTS (SELECT FROM {referred} AS o WHERE o.id = (d.target #>> '{}')::bigint)
