-- A variant is named after its product and what distinguishes it.
SELECT t.onec_id, (
    SELECT p.name || coalesce(
        ' (' || nullif(concat_ws(', ', nullif(t.color_name, ''), nullif(t.size_value, '')), '') || ')', '')
    FROM products AS p WHERE p.id = t.product_id
) AS name
