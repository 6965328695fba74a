-- RESOLVE and DIFF of the links from products to attribute values. A product has the values of its goods and, for
-- attributes that the shop filters by (`filter_attribute`), those of its variants: the shop's filters look at products
-- only (FILTER-1). Links made by hand stay: freesport_sync.product_links knows which ones are ours. If it has no row
-- for a product, all the product's links to 1C's properties are ours.

-- Products without goods in the files: affected by their variants, or new to product_links.
INSERT INTO owner_properties (owner_no, owner, onec_id, owner_id, properties)
SELECT (SELECT coalesce(max(owner_no), 0) FROM owner_properties) + row_number() OVER (), 'product', more.*, NULL
FROM (
    SELECT coalesce(p.onec_id, p.parent_onec_id, ''), p.id
    FROM products AS p
    WHERE p.id IN (
        SELECT product_id FROM of_variants
        UNION SELECT product_id FROM freesport_sync.product_links WHERE of_variants <> '{}'
        UNION SELECT m.product_id FROM map_product AS m JOIN stg_product AS s ON s.onec_id = m.onec_id
        EXCEPT SELECT owner_id FROM owner_properties WHERE owner = 'product')
    UNION ALL
    SELECT m.onec_id, NULL FROM map_product AS m WHERE m.product_id IS NULL AND m.is_record
        AND NOT EXISTS (SELECT FROM owner_properties AS o WHERE o.owner = 'product' AND o.onec_id = m.onec_id)
) AS more;

-- The shop's values of the attributes that 1C knows, and of those that the shop filters by.
CREATE TEMP TABLE from_1c ON COMMIT DROP AS
SELECT id FROM product_attribute_values
WHERE attribute_id IN (SELECT attribute_no FROM map_attribute UNION SELECT attribute_no FROM filter_attribute);
ANALYZE from_1c;

-- Products whose links may have to change, compared by sums of hashes as the variants are.
CREATE TEMP TABLE suspect_product ON COMMIT DROP AS
WITH said_value AS MATERIALIZED (  -- two spellings may be one value
    SELECT DISTINCT used.owner_no, used.owner_id, pair.value_no
    FROM (
        SELECT owner_no, owner_id, unnest(properties) AS number FROM owner_properties
        WHERE owner = 'product' AND owner_id IS NOT NULL AND properties IS NOT NULL
    ) AS used
    JOIN pair ON pair.number = used.number AND pair.value_no IS NOT NULL
),
said AS (
    SELECT owner_no, count(*) AS links, bit_xor(hashint8extended(value_no, 0)) AS hash FROM said_value GROUP BY owner_no
),
added AS (
    SELECT v.product_id, count(*) AS links, bit_xor(hashint8extended(v.value_no, 0)) AS hash
    FROM of_variants AS v
    LEFT JOIN said_value AS said ON said.owner_id = v.product_id AND said.value_no = v.value_no
    WHERE said.owner_id IS NULL
    GROUP BY v.product_id
),
-- Products without goods in the files: values that their variants gained, and values that none of them has any more.
without_goods AS (
    SELECT o.owner_no
    FROM owner_properties AS o
    JOIN of_variants AS v ON v.product_id = o.owner_id
    LEFT JOIN products_attributes AS l ON l.product_id = v.product_id AND l.attributevalue_id = v.value_no
    WHERE o.owner = 'product' AND o.properties IS NULL AND l.id IS NULL
    UNION
    SELECT o.owner_no
    FROM owner_properties AS o
    JOIN freesport_sync.product_links AS ours ON ours.product_id = o.owner_id
    CROSS JOIN LATERAL unnest(ours.of_variants) AS made (value_id)
    LEFT JOIN of_variants AS v ON v.product_id = o.owner_id AND v.value_no = made.value_id
    WHERE o.owner = 'product' AND o.properties IS NULL AND v.product_id IS NULL
),
has AS (
    SELECT l.product_id, count(*) AS links, bit_xor(hashint8extended(l.attributevalue_id, 0)) AS hash
    FROM products_attributes AS l JOIN from_1c ON from_1c.id = l.attributevalue_id GROUP BY l.product_id
)
SELECT o.owner_no, o.onec_id, o.owner_id, o.properties
FROM owner_properties AS o
LEFT JOIN freesport_sync.product_links AS ours ON ours.product_id = o.owner_id
LEFT JOIN said ON said.owner_no = o.owner_no
LEFT JOIN added ON added.product_id = o.owner_id
LEFT JOIN has ON has.product_id = o.owner_id
LEFT JOIN without_goods ON without_goods.owner_no = o.owner_no
WHERE o.owner = 'product' AND (
    ours.product_id IS NULL
    OR (o.properties IS NOT NULL AND (
        ours.said_hash IS DISTINCT FROM coalesce(said.hash, 0)
        OR coalesce(said.links, 0) + coalesce(added.links, 0) <> coalesce(has.links, 0)
        OR coalesce(said.hash, 0) # coalesce(added.hash, 0) <> coalesce(has.hash, 0)))
    OR without_goods.owner_no IS NOT NULL);
ANALYZE suspect_product (owner_id);

-- The values that they have, those that they get, and which of these are ours.
CREATE TEMP TABLE product_values ON COMMIT DROP AS
WITH wanted AS (
    SELECT owner_no, coalesce(array_agg(DISTINCT value_no) FILTER (WHERE is_said), '{}') AS said,
           coalesce(array_agg(DISTINCT value_no) FILTER (WHERE value_no IS NOT NULL), '{}') AS value_nos
    FROM (
        SELECT s.owner_no, pair.value_no, pair.value_no IS NOT NULL AS is_said
        FROM suspect_product AS s
        LEFT JOIN LATERAL unnest(s.properties) AS used (number) ON true
        LEFT JOIN pair ON pair.number = used.number
        UNION ALL
        SELECT s.owner_no, v.value_no, false FROM suspect_product AS s JOIN of_variants AS v ON v.product_id = s.owner_id
        UNION ALL
        SELECT s.owner_no, v.value_no, false
        FROM suspect_product AS s JOIN of_variants AS v ON s.owner_id IS NULL AND v.product_onec_id = s.onec_id
    ) AS value
    GROUP BY owner_no
),
has AS (
    SELECT s.owner_no, array_agg(l.attributevalue_id ORDER BY l.attributevalue_id) AS value_ids
    FROM suspect_product AS s
    JOIN products_attributes AS l ON l.product_id = s.owner_id
    JOIN from_1c ON from_1c.id = l.attributevalue_id
    GROUP BY s.owner_no
),
known AS (
    SELECT s.owner_no, s.onec_id, s.owner_id, s.properties IS NOT NULL AS is_said, w.said, w.value_nos AS wanted,
           coalesce(has.value_ids, '{}') AS value_ids, ours.product_id IS NOT NULL AS is_known,
           coalesce(ours.made, has.value_ids, '{}') AS made, coalesce(ours.of_variants, '{}') AS of_variants,
           ours.said_hash
    FROM suspect_product AS s
    JOIN wanted AS w ON w.owner_no = s.owner_no
    LEFT JOIN has ON has.owner_no = s.owner_no
    LEFT JOIN freesport_sync.product_links AS ours ON ours.product_id = s.owner_id
),
linked AS (
    SELECT *,
           CASE WHEN value_ids = '{}' THEN wanted
                ELSE ARRAY(
                    SELECT unnest(value_ids)
                    EXCEPT (SELECT unnest(CASE WHEN is_said THEN made ELSE of_variants END) EXCEPT SELECT unnest(wanted))
                    UNION SELECT unnest(wanted) ORDER BY 1)
           END AS value_nos
    FROM known
),
ours AS (
    SELECT *,
           CASE WHEN value_ids = '{}' THEN value_nos
                ELSE ARRAY(
                    SELECT unnest(value_nos) EXCEPT (SELECT unnest(value_ids) EXCEPT SELECT unnest(made)) ORDER BY 1)
           END AS made_now
    FROM linked
)
SELECT onec_id, owner_id, value_nos, value_ids, made_now, is_said,
       CASE WHEN is_said THEN ARRAY(SELECT unnest(made_now) EXCEPT SELECT unnest(said) ORDER BY 1)
            ELSE ARRAY(
                (SELECT unnest(of_variants) UNION (SELECT unnest(value_nos) EXCEPT SELECT unnest(value_ids)))
                INTERSECT SELECT unnest(value_nos) ORDER BY 1)
       END AS of_variants_now,
       said, is_known, made, of_variants, said_hash
FROM ours;
INSERT INTO chg_links (owner, onec_id, owner_id, value_nos, value_ids)
SELECT 'product', onec_id, owner_id, value_nos, value_ids FROM product_values WHERE value_nos <> value_ids;
INSERT INTO chg_product_links (onec_id, owner_id, made, of_variants, is_said, said, said_hash)
SELECT onec_id, owner_id, made_now AS made, of_variants_now AS of_variants, is_said, said, said_hash
FROM product_values
WHERE NOT is_known OR made <> made_now OR of_variants <> of_variants_now
   OR (is_said AND said_hash IS DISTINCT FROM coalesce(
       (SELECT bit_xor(hashint8extended(value_no, 0)) FROM unnest(said) AS value (value_no)), 0))
