-- Two rows may swap a unique value: move both out of the way until each gets its own.
UPDATE {table} AS t SET {field} = 'freesport_sync-' || t.id
FROM difference AS d
JOIN difference AS wanting
    ON wanting.table_name = d.table_name AND wanting.field = d.field AND wanting.is_set_back AND wanting.target = d.current
WHERE d.table_name = :table AND d.field = :field AND d.is_set_back AND t.id = d.row_id
