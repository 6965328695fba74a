SELECT entity, coalesce(onec_id, ''), coalesce(name, ''), field, pg_temp.shown(field, current), pg_temp.shown(field, target)
FROM (
    SELECT entity, table_name, row_id, onec_id, name, field, current, target
    FROM difference AS d
    WHERE is_set_back AND field <> 'last_sync_at'
      -- A change of the name already shows it.
      AND NOT (field = 'warehouse_id' AND EXISTS (
          SELECT FROM difference AS o
          WHERE o.table_name = d.table_name AND o.row_id = d.row_id AND o.is_set_back AND o.field = 'warehouse_name'))
    UNION ALL
    SELECT l.entity, l.table_name, l.owner_id, l.onec_id, l.name, a.name,
           CASE WHEN l.is_new THEN to_jsonb(v.value) END, CASE WHEN NOT l.is_new THEN to_jsonb(v.value) END
    FROM link_difference AS l
    JOIN product_attribute_values AS v ON v.id = l.value_id
    JOIN product_attributes AS a ON a.id = v.attribute_id
    WHERE l.is_set_back
) AS set_back
ORDER BY table_name, row_id, field
LIMIT :limit
