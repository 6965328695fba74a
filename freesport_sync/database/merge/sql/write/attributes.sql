-- Writes new attribute values, 1C's ids of values, and changed links; attributes, products and variants are already
-- written. Attributes of the shop may lack a normalised name, new ones have it.
UPDATE new_value AS n SET attribute_no = a.id
FROM map_attribute_name AS name JOIN product_attributes AS a ON a.normalized_name = name.normalized_name
WHERE n.attribute_no < 0 AND name.attribute_no = n.attribute_no;
INSERT INTO product_attribute_values (value, slug, created_at, updated_at, attribute_id, normalized_value)
SELECT n.value, n.slug, new.moment, new.moment, n.attribute_no, n.normalized_value
FROM new_value AS n
CROSS JOIN LATERAL (SELECT now() + (n.ord - 1) * interval '1 microsecond' AS moment) AS new
ORDER BY n.ord;
CREATE TEMP TABLE value_id ON COMMIT DROP AS
SELECT n.value_no, v.id
FROM new_value AS n
JOIN product_attribute_values AS v ON v.attribute_id = n.attribute_no AND v.normalized_value = n.normalized_value;

INSERT INTO product_attribute_value_1c_mappings (onec_id, onec_value, source, created_at, attribute_value_id)
SELECT d.onec_id, d.value, d.source,
       now() + (row_number() OVER (ORDER BY d.file_no, d.position) - 1) * interval '1 microsecond',
       coalesce(new.id, d.value_no)
FROM dictionary_value AS d LEFT JOIN value_id AS new ON new.value_no = d.value_no
WHERE d.mapped_no IS NULL
ORDER BY d.file_no, d.position;

DELETE FROM product_variants_attributes AS l USING chg_links AS c
WHERE c.owner = 'variant' AND l.productvariant_id = c.owner_id
  AND l.attributevalue_id = ANY (c.value_ids) AND l.attributevalue_id <> ALL (c.value_nos);
DELETE FROM products_attributes AS l USING chg_links AS c
WHERE c.owner = 'product' AND l.product_id = c.owner_id
  AND l.attributevalue_id = ANY (c.value_ids) AND l.attributevalue_id <> ALL (c.value_nos);

-- A link made concurrently violates the key, and the merge is repeated: ON CONFLICT would make the hundreds of thousands
-- of inserts of a first import half as slow again.
INSERT INTO product_variants_attributes (productvariant_id, attributevalue_id)
SELECT coalesce(c.owner_id, v.id), coalesce(new.id, used.value_no)
FROM chg_links AS c
LEFT JOIN product_variants AS v ON c.owner_id IS NULL AND v.onec_id = c.onec_id
CROSS JOIN LATERAL unnest(c.value_nos) AS used (value_no)
LEFT JOIN value_id AS new ON new.value_no = used.value_no
WHERE c.owner = 'variant' AND used.value_no <> ALL (c.value_ids)
ORDER BY 1, 2;
INSERT INTO products_attributes (product_id, attributevalue_id)
SELECT coalesce(c.owner_id, p.id), coalesce(new.id, used.value_no)
FROM chg_links AS c
LEFT JOIN products AS p ON c.owner_id IS NULL AND p.onec_id = c.onec_id
CROSS JOIN LATERAL unnest(c.value_nos) AS used (value_no)
LEFT JOIN value_id AS new ON new.value_no = used.value_no
WHERE c.owner = 'product' AND used.value_no <> ALL (c.value_ids)
ORDER BY 1, 2;

-- The links of products that are ours.
INSERT INTO freesport_sync.product_links (product_id, made, of_variants, said_hash)
SELECT coalesce(c.owner_id, p.id),
       coalesce(array_agg(value.id ORDER BY value.id) FILTER (WHERE value.kind = 'made'), '{}'),
       coalesce(array_agg(value.id ORDER BY value.id) FILTER (WHERE value.kind = 'of_variants'), '{}'),
       CASE WHEN c.is_said THEN coalesce(bit_xor(hashint8extended(value.id, 0)) FILTER (WHERE value.kind = 'said'), 0)
            ELSE c.said_hash END
FROM chg_product_links AS c
LEFT JOIN products AS p ON c.owner_id IS NULL AND p.onec_id = c.onec_id
LEFT JOIN LATERAL (
    SELECT 'made' AS kind, unnest(c.made) AS value_no
    UNION ALL SELECT 'of_variants', unnest(c.of_variants)
    UNION ALL SELECT 'said', unnest(c.said)
) AS used ON true
LEFT JOIN value_id AS new ON new.value_no = used.value_no
LEFT JOIN LATERAL (SELECT used.kind, coalesce(new.id, used.value_no) AS id) AS value ON true
GROUP BY c.owner_id, p.id, c.is_said, c.said_hash
ON CONFLICT (product_id) DO UPDATE
SET made = excluded.made, of_variants = excluded.of_variants, said_hash = excluded.said_hash
