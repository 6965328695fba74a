-- The attribute values that products and variants of the shop would lose (old) or gain (new).
SELECT c.owner, c.onec_id, coalesce(p.name, of_variant.name || coalesce(' (' || apart.it || ')', ''), v.sku), a.name, old.value, new.value
FROM chg_links AS c
LEFT JOIN products AS p ON c.owner = 'product' AND p.id = c.owner_id
LEFT JOIN product_variants AS v ON c.owner = 'variant' AND v.id = c.owner_id
LEFT JOIN products AS of_variant ON of_variant.id = v.product_id
CROSS JOIN LATERAL (SELECT nullif(concat_ws(', ', nullif(v.color_name, ''), nullif(v.size_value, '')), '') AS it) AS apart
CROSS JOIN LATERAL (
    SELECT unnest(c.value_nos) AS value_no EXCEPT SELECT unnest(c.value_ids)
    UNION ALL
    (SELECT unnest(c.value_ids) EXCEPT SELECT unnest(c.value_nos))
) AS changed
LEFT JOIN product_attribute_values AS shop_value ON shop_value.id = changed.value_no
LEFT JOIN new_value ON new_value.value_no = changed.value_no
LEFT JOIN map_attribute_name AS name ON name.attribute_no = coalesce(shop_value.attribute_id, new_value.attribute_no)
LEFT JOIN product_attributes AS shop_attribute ON shop_attribute.id = coalesce(shop_value.attribute_id, new_value.attribute_no)
CROSS JOIN LATERAL (SELECT coalesce(shop_attribute.name, name.normalized_name, '') AS name) AS a
CROSS JOIN LATERAL (
    SELECT CASE WHEN changed.value_no = ANY (c.value_ids) THEN shop_value.value END AS value
) AS old
CROSS JOIN LATERAL (
    SELECT CASE WHEN changed.value_no = ANY (c.value_nos) THEN coalesce(shop_value.value, new_value.value) END AS value
) AS new
WHERE c.owner_id IS NOT NULL
ORDER BY c.owner, c.owner_id, a.name
LIMIT :limit
