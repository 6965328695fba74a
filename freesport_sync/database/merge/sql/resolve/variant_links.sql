-- DIFF of the links from variants to attribute values (ATTR-4).

-- Variants whose values may differ from their links in the shop. Hundreds of thousands of links are compared by one hash
-- per owner, because sorting them would take longer than everything else here. All links of a variant count, as in the
-- reference importer; links of products follow in product_links.sql.
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
-- The links of products that are ours, see product_links.sql.
CREATE TEMP TABLE chg_product_links (
    onec_id text NOT NULL,
    owner_id bigint,
    made bigint[] NOT NULL,
    of_variants bigint[] NOT NULL,
    is_said boolean NOT NULL,
    said bigint[] NOT NULL,
    said_hash bigint
) ON COMMIT DROP
