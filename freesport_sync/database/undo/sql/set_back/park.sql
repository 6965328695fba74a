-- Two rows may exchange a value that only one can have: it is out of the way until both get theirs.
UPDATE {table} AS t SET {field} = 'freesport_sync-' || t.id
FROM difference AS d
JOIN difference AS wanting
    ON wanting.table_name = d.table_name AND wanting.field = d.field AND wanting.is_set_back AND wanting.target = d.current
WHERE d.table_name = :table AND d.field = :field AND d.is_set_back AND t.id = d.row_id
