UPDATE {table} AS t
SET ({columns}) = (SELECT {r.columns} FROM jsonb_populate_record(t, d.fields) AS r)
FROM (
    SELECT row_id, jsonb_object_agg(field, target) || jsonb_build_object('updated_at', now()) AS fields
    FROM difference WHERE table_name = :table AND is_set_back GROUP BY row_id
) AS d
WHERE t.id = d.row_id
