-- RESOLVE of attribute values: which values of 1C's dictionaries the shop has, and which are to be created. Each has a
-- number: its id in the shop, or a negative number for a value to be created.

-- 1C's values, each by its first record (ATTR-3): an existing mapping decides, then the attribute and normalised value.
-- An id such as `true` is not a GUID: every property may list it with a text of its own. All but the first get a key that
-- includes the property's id.
CREATE TEMP TABLE dictionary_value ON COMMIT DROP AS
WITH listed AS (
    SELECT s.*, a.attribute_no FROM stg_dictionary_value AS s JOIN map_attribute AS a ON a.onec_id = s.property_onec_id
),
first AS (
    SELECT DISTINCT ON (onec_id) * FROM listed ORDER BY onec_id, file_no, position
),
own AS (
    SELECT DISTINCT ON (l.property_onec_id, l.onec_id)
           l.file_no, l.position, l.line, l.property_onec_id || '#' || l.onec_id AS onec_id, l.property_onec_id,
           l.value, l.normalized_value, l.slug, l.source, l.attribute_no
    FROM listed AS l
    JOIN first ON first.onec_id = l.onec_id
    LEFT JOIN product_attribute_value_1c_mappings AS m ON m.onec_id = l.onec_id
    LEFT JOIN product_attribute_values AS v ON v.id = m.attribute_value_id
    WHERE l.attribute_no <> coalesce(v.attribute_id, first.attribute_no)
      AND (l.normalized_value IS DISTINCT FROM CASE WHEN v.id IS NULL THEN first.normalized_value ELSE v.normalized_value END
           OR l.onec_id !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
      AND length(l.property_onec_id) + length(l.onec_id) < 255
    ORDER BY l.property_onec_id, l.onec_id, l.file_no, l.position
)
SELECT d.*, mapped.attribute_value_id AS mapped_no, coalesce(mapped.attribute_value_id, known.id) AS value_no
FROM (SELECT * FROM first UNION ALL SELECT * FROM own) AS d
LEFT JOIN product_attribute_value_1c_mappings AS mapped ON mapped.onec_id = d.onec_id
LEFT JOIN product_attribute_values AS known
    ON known.attribute_id = d.attribute_no AND known.normalized_value = d.normalized_value;

-- Values to create: first those of 1C's dictionaries, then others that offers and goods have (is_free).
CREATE TEMP TABLE new_value ON COMMIT DROP AS
SELECT -row_number() OVER (ORDER BY file_no, position) AS value_no, attribute_no, value, normalized_value, slug,
       false AS is_free, row_number() OVER (ORDER BY file_no, position)::integer AS ord
FROM (
    SELECT DISTINCT ON (attribute_no, normalized_value) * FROM dictionary_value WHERE value_no IS NULL
    ORDER BY attribute_no, normalized_value, file_no, position
) AS first;
UPDATE dictionary_value AS d SET value_no = n.value_no FROM new_value AS n
WHERE d.value_no IS NULL AND n.attribute_no = d.attribute_no AND n.normalized_value = d.normalized_value
