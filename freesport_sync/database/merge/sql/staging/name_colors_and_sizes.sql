-- If an offer gives colour or size as the id of a property's value, replace it by the value's text, from this export's
-- dictionary or else from the shop's mappings. Unknown ids are dropped: buyers could not read them.
WITH named AS (
    SELECT s.file_no, s.position, 'color' AS column_name, s.color_property AS property, s.color AS value
    FROM stg_offer_property AS s WHERE s.color IS NOT NULL
    UNION ALL
    SELECT s.file_no, s.position, 'size', s.size_property, s.size FROM stg_offer_property AS s WHERE s.size IS NOT NULL
),
used AS (SELECT DISTINCT property, value FROM named),
texts AS (
    SELECT DISTINCT ON (used.property, used.value) used.property, used.value, coalesce(d.value, m.onec_value,
        CASE WHEN used.value !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN used.value END) AS text
    FROM used
    LEFT JOIN stg_dictionary_value AS d ON d.onec_id = used.value AND d.property_onec_id = used.property
    LEFT JOIN product_attribute_1c_mappings AS p ON p.onec_id = used.property
    -- An id that several properties list is stored with the property's id, see dictionary_values.sql.
    LEFT JOIN product_attribute_value_1c_mappings AS m ON m.onec_id IN (used.property || '#' || used.value, used.value)
        AND EXISTS (SELECT 1 FROM product_attribute_values AS v
                    WHERE v.id = m.attribute_value_id AND v.attribute_id = p.attribute_id)
    ORDER BY used.property, used.value, d.file_no, d.position, length(m.onec_id) DESC
),
said AS (
    SELECT n.file_no, n.position,
           max(left(t.text, 100)) FILTER (WHERE n.column_name = 'color') AS color_name,
           max(left(t.text, 50)) FILTER (WHERE n.column_name = 'size' AND lower(t.text) <> ALL (:no_sizes)) AS size_value
    FROM named AS n JOIN texts AS t ON t.property = n.property AND t.value = n.value
    GROUP BY n.file_no, n.position
)
UPDATE stg_offer AS o
SET color_name = coalesce(said.color_name, o.color_name), size_value = coalesce(said.size_value, o.size_value)
FROM said WHERE said.file_no = o.file_no AND said.position = o.position
