-- RESOLVE and DIFF of attribute values and of the links from products and variants to them; runs after resolve.sql.
-- A value is known by a number: its id in the shop, or a negative number for one that has to be created.

-- 1C's values, each by its first record (ATTR-3): an existing mapping decides, then the attribute and normalised value.
-- An id such as `true` is no GUID: every property may list it, with words of its own. All but the first are known by the id
-- of the property too.
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

-- Values to create. Those of 1C's dictionaries come first, then what offers and goods have besides (is_free).
CREATE TEMP TABLE new_value ON COMMIT DROP AS
SELECT -row_number() OVER (ORDER BY file_no, position) AS value_no, attribute_no, value, normalized_value, slug,
       false AS is_free, row_number() OVER (ORDER BY file_no, position)::integer AS ord
FROM (
    SELECT DISTINCT ON (attribute_no, normalized_value) * FROM dictionary_value WHERE value_no IS NULL
    ORDER BY attribute_no, normalized_value, file_no, position
) AS first;
UPDATE dictionary_value AS d SET value_no = n.value_no FROM new_value AS n
WHERE d.value_no IS NULL AND n.attribute_no = d.attribute_no AND n.normalized_value = d.normalized_value;

-- The pairs of property and value that products and offers have. A GUID that 1C lists under another property is a value of
-- the same words here; anything else that only another property lists is a text.
CREATE TEMP TABLE pair ON COMMIT DROP AS
SELECT s.file_no, s.number,
       -- Several workers may have met the pair: its place is where it stands first, whoever has read that.
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

-- What the products and variants of this run have; offers without a product have nothing.
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

-- Values that are in no dictionary: offers name the new ones before goods do, as in the reference importer.
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
ANALYZE pair (number);

-- Variants whose values may differ from the links that the shop has: hundreds of thousands of links are compared by a sum
-- of hashes for each owner, because sorting them would take longer than everything else here. All links of a variant count,
-- as in the reference importer; those of products follow in resolve_product_links.sql.
CREATE TEMP TABLE suspect ON COMMIT DROP AS
SELECT o.owner_no, o.onec_id, o.owner_id, o.properties
FROM owner_properties AS o
LEFT JOIN (
    SELECT used.owner_no, count(*) AS links, bit_xor(pair.value_hash) AS hash
    FROM (
        SELECT owner_no, unnest(properties) AS number FROM owner_properties
        WHERE owner = 'variant' AND owner_id IS NOT NULL
    ) AS used
    JOIN (SELECT number, hashint8extended(value_no, 0) AS value_hash FROM pair WHERE value_no IS NOT NULL) AS pair
        ON pair.number = used.number
    GROUP BY used.owner_no
) AS wanted ON wanted.owner_no = o.owner_no
LEFT JOIN (
    SELECT productvariant_id AS owner_id, count(*) AS links, bit_xor(hashint8extended(attributevalue_id, 0)) AS hash
    FROM product_variants_attributes GROUP BY productvariant_id
) AS has ON has.owner_id = o.owner_id
WHERE o.owner = 'variant' AND (o.owner_id IS NULL OR (wanted.links, wanted.hash) IS DISTINCT FROM (has.links, has.hash));
ANALYZE suspect (owner_id);

CREATE TEMP TABLE chg_links ON COMMIT DROP AS
SELECT 'variant' AS owner, w.onec_id, w.owner_id, w.value_nos, coalesce(has.value_ids, '{}') AS value_ids
FROM (
    SELECT s.onec_id, s.owner_id,
           coalesce(array_agg(DISTINCT pair.value_no) FILTER (WHERE pair.value_no IS NOT NULL), '{}') AS value_nos
    FROM suspect AS s
    LEFT JOIN LATERAL unnest(s.properties) AS used (number) ON true
    LEFT JOIN pair ON pair.number = used.number
    GROUP BY s.owner_no, s.onec_id, s.owner_id
) AS w
LEFT JOIN (
    SELECT s.owner_id, array_agg(l.attributevalue_id ORDER BY l.attributevalue_id) AS value_ids
    FROM suspect AS s JOIN product_variants_attributes AS l ON l.productvariant_id = s.owner_id
    GROUP BY s.owner_id
) AS has ON has.owner_id = w.owner_id
WHERE w.value_nos IS DISTINCT FROM coalesce(has.value_ids, '{}');
-- Which links of products become ours, see resolve_product_links.sql.
CREATE TEMP TABLE chg_product_links (
    onec_id text NOT NULL,
    owner_id bigint,
    made bigint[] NOT NULL,
    of_variants bigint[] NOT NULL,
    is_said boolean NOT NULL,
    said bigint[] NOT NULL,
    said_hash bigint
) ON COMMIT DROP
