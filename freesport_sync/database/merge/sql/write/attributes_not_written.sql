-- How many rows that attributes.sql should have written are missing, by table.
SELECT 'product_attribute_values' AS table_name, (SELECT count(*) FROM new_value) - (SELECT count(*) FROM value_id) AS missing
UNION ALL
SELECT 'product_attribute_value_1c_mappings', count(*) FROM dictionary_value AS d
WHERE d.mapped_no IS NULL
  AND NOT EXISTS (SELECT FROM product_attribute_value_1c_mappings AS m WHERE m.onec_id = d.onec_id)
UNION ALL
SELECT CASE c.owner WHEN 'variant' THEN 'product_variants_attributes' ELSE 'products_attributes' END, count(*)
FROM chg_links AS c
LEFT JOIN products AS p ON c.owner = 'product' AND p.onec_id = c.onec_id
LEFT JOIN product_variants AS v ON c.owner = 'variant' AND v.onec_id = c.onec_id
CROSS JOIN LATERAL unnest(c.value_nos) AS used (value_no)
LEFT JOIN value_id AS new ON new.value_no = used.value_no
WHERE CASE c.owner
    WHEN 'variant' THEN NOT EXISTS (
        SELECT FROM product_variants_attributes AS l
        WHERE l.productvariant_id = coalesce(c.owner_id, v.id) AND l.attributevalue_id = coalesce(new.id, used.value_no))
    ELSE NOT EXISTS (
        SELECT FROM products_attributes AS l
        WHERE l.product_id = coalesce(c.owner_id, p.id) AND l.attributevalue_id = coalesce(new.id, used.value_no))
    END
GROUP BY c.owner
