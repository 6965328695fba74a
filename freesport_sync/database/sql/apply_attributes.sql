-- Writes new attribute values, 1C's ids of values, and the links that differ; the attributes themselves, the products and
-- the variants are written already.
CREATE TEMP TABLE attribute_id ON COMMIT DROP AS
SELECT name.attribute_no, a.id
FROM map_attribute_name AS name JOIN product_attributes AS a ON a.normalized_name = name.normalized_name
WHERE name.attribute_no < 0;
INSERT INTO product_attribute_values (value, slug, created_at, updated_at, attribute_id, normalized_value)
SELECT n.value, n.slug, now(), now(), coalesce(new.id, n.attribute_no), n.normalized_value
FROM new_value AS n LEFT JOIN attribute_id AS new ON new.attribute_no = n.attribute_no
ORDER BY n.ord;
CREATE TEMP TABLE value_id ON COMMIT DROP AS
SELECT n.value_no, v.id
FROM new_value AS n
LEFT JOIN attribute_id AS new ON new.attribute_no = n.attribute_no
JOIN product_attribute_values AS v
    ON v.attribute_id = coalesce(new.id, n.attribute_no) AND v.normalized_value = n.normalized_value;

INSERT INTO product_attribute_value_1c_mappings (onec_id, onec_value, source, created_at, attribute_value_id)
SELECT d.onec_id, d.value, d.source, now(), coalesce(new.id, d.value_no)
FROM dictionary_value AS d LEFT JOIN value_id AS new ON new.value_no = d.value_no
WHERE d.mapped_no IS NULL
ORDER BY d.file_no, d.position;

DELETE FROM product_variants_attributes AS l USING chg_links AS c
WHERE c.owner = 'variant' AND l.productvariant_id = c.owner_id
  AND l.attributevalue_id = ANY (c.value_ids) AND l.attributevalue_id <> ALL (c.value_nos);
DELETE FROM products_attributes AS l USING chg_links AS c
WHERE c.owner = 'product' AND l.product_id = c.owner_id
  AND l.attributevalue_id = ANY (c.value_ids) AND l.attributevalue_id <> ALL (c.value_nos);

INSERT INTO product_variants_attributes (productvariant_id, attributevalue_id)
SELECT v.id, coalesce(new.id, used.value_no)
FROM chg_links AS c
JOIN product_variants AS v ON v.onec_id = c.onec_id
CROSS JOIN LATERAL unnest(c.value_nos) AS used (value_no)
LEFT JOIN value_id AS new ON new.value_no = used.value_no
WHERE c.owner = 'variant' AND used.value_no <> ALL (c.value_ids)
ORDER BY 1, 2
ON CONFLICT (productvariant_id, attributevalue_id) DO NOTHING;
INSERT INTO products_attributes (product_id, attributevalue_id)
SELECT p.id, coalesce(new.id, used.value_no)
FROM chg_links AS c
JOIN products AS p ON p.onec_id = c.onec_id
CROSS JOIN LATERAL unnest(c.value_nos) AS used (value_no)
LEFT JOIN value_id AS new ON new.value_no = used.value_no
WHERE c.owner = 'product' AND used.value_no <> ALL (c.value_ids)
ORDER BY 1, 2
ON CONFLICT (product_id, attributevalue_id) DO NOTHING
