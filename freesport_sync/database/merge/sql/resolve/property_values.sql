-- RESOLVE of the property values of goods and offers, including those that are in no dictionary.

-- The pairs of property and value that products and offers have. A GUID that 1C lists under another property stands for
-- the same text here; any other value that only another property lists is a text itself.
CREATE TEMP TABLE pair ON COMMIT DROP AS
SELECT s.file_no, s.number,
       -- Several workers may have found the pair: its first occurrence counts.
       first_value(s.file_no) OVER place AS first_file_no, first_value(s.number) OVER place AS first_number,
       s.line, s.onec_id, s.is_characteristic, s.property_name, s.value AS written,
       coalesce(by_id.attribute_no, by_name.attribute_no, by_base.attribute_no) AS attribute_no,
       ref.attribute_no IS NULL AND s.is_reference AND NOT s.is_characteristic AS is_unknown,
       CASE WHEN ref.attribute_no = by_id.attribute_no THEN ref.value_no END AS value_no,
       coalesce(ref.value, s.value) AS value,
       coalesce(ref.normalized_value, s.normalized_value) AS normalized_value,
       coalesce(ref.slug, s.slug) AS slug
FROM stg_property_value AS s
LEFT JOIN map_attribute AS by_id ON NOT s.is_characteristic AND by_id.onec_id = s.property_key
LEFT JOIN map_attribute_name AS by_name ON s.is_characteristic AND by_name.normalized_name = s.property_key
LEFT JOIN map_attribute_name AS by_base ON by_name.attribute_no IS NULL AND by_base.normalized_name = s.base_key
LEFT JOIN dictionary_value AS own ON NOT s.is_characteristic AND own.onec_id = s.property_key || '#' || s.value
LEFT JOIN product_attribute_value_1c_mappings AS own_m
    ON NOT s.is_characteristic AND own.onec_id IS NULL AND own_m.onec_id = s.property_key || '#' || s.value
LEFT JOIN dictionary_value AS d
    ON NOT s.is_characteristic AND own.onec_id IS NULL AND own_m.id IS NULL AND d.onec_id = s.value
LEFT JOIN product_attribute_value_1c_mappings AS m
    ON NOT s.is_characteristic AND own.onec_id IS NULL AND own_m.id IS NULL AND d.onec_id IS NULL AND m.onec_id = s.value
CROSS JOIN LATERAL (
    SELECT coalesce(own.value_no, own_m.attribute_value_id, d.value_no, m.attribute_value_id) AS value_no
) AS listed
LEFT JOIN product_attribute_values AS shop_value ON shop_value.id = listed.value_no
    AND (s.is_reference OR shop_value.attribute_id = by_id.attribute_no)
LEFT JOIN new_value ON new_value.value_no = listed.value_no
    AND (s.is_reference OR new_value.attribute_no = by_id.attribute_no)
CROSS JOIN LATERAL (
    SELECT coalesce(shop_value.attribute_id, new_value.attribute_no) AS attribute_no,
           coalesce(shop_value.id, new_value.value_no) AS value_no, coalesce(shop_value.value, new_value.value) AS value,
           coalesce(shop_value.normalized_value, new_value.normalized_value) AS normalized_value,
           coalesce(shop_value.slug, new_value.slug) AS slug
) AS ref
WINDOW place AS (PARTITION BY s.is_characteristic, s.property_name, s.value ORDER BY s.file_no, s.number);
UPDATE pair SET value_no = known.id FROM product_attribute_values AS known
WHERE pair.value_no IS NULL AND NOT pair.is_unknown
  AND known.attribute_id = pair.attribute_no AND known.normalized_value = pair.normalized_value;
UPDATE pair SET value_no = n.value_no FROM new_value AS n
WHERE pair.value_no IS NULL AND NOT pair.is_unknown
  AND n.attribute_no = pair.attribute_no AND n.normalized_value = pair.normalized_value;

-- The properties of this run's products and variants; offers without a product are left out.
CREATE TEMP TABLE owner_properties ON COMMIT DROP AS
SELECT row_number() OVER ()::integer AS owner_no, owners.*
FROM (
    SELECT 'variant' AS owner, o.onec_id, mv.variant_id AS owner_id, o.properties
    FROM stg_offer AS o JOIN map_variant AS mv ON mv.onec_id = o.onec_id WHERE o.properties IS NOT NULL
    UNION ALL
    SELECT 'product', coalesce(p.onec_id, s.onec_id), m.product_id, s.properties
    FROM stg_product AS s JOIN map_product AS m ON m.onec_id = s.onec_id LEFT JOIN products AS p ON p.id = m.product_id
    WHERE s.properties IS NOT NULL AND (m.product_id IS NOT NULL OR m.is_record)
) AS owners;

-- New values that are in no dictionary: offers come before goods, as in the reference importer (ATTR-3).
INSERT INTO new_value (value_no, attribute_no, value, normalized_value, slug, is_free, ord)
SELECT least((SELECT min(value_no) FROM new_value), 0) - place, attribute_no, value, normalized_value, slug, true,
       coalesce((SELECT max(ord) FROM new_value), 0) + place
FROM (
    SELECT first.*, row_number() OVER (ORDER BY NOT is_characteristic, first_file_no, first_number)::integer AS place
    FROM (
        SELECT DISTINCT ON (attribute_no, normalized_value) *
        FROM pair
        WHERE value_no IS NULL AND attribute_no IS NOT NULL AND NOT is_unknown
          AND number IN (SELECT unnest(o.properties) FROM owner_properties AS o)
        ORDER BY attribute_no, normalized_value, NOT is_characteristic, first_file_no, first_number
    ) AS first
) AS numbered;
UPDATE pair SET value_no = n.value_no FROM new_value AS n
WHERE pair.value_no IS NULL AND NOT pair.is_unknown AND n.is_free
  AND n.attribute_no = pair.attribute_no AND n.normalized_value = pair.normalized_value;
ANALYZE pair (number)
