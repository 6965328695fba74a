-- Which pictures of the export to look up on disk: all pictures of an object that has at least one which the shop does
-- not list, because their sizes are judged together. Reads the shop, locks and writes nothing there.

-- Every object with pictures, its row in the shop, and the file names that it shows there.
CREATE TEMP TABLE picture_owner AS
WITH mentioned AS MATERIALIZED (SELECT DISTINCT owner, onec_id FROM stg_picture)
SELECT m.owner, m.onec_id, p.id AS shop_id, coalesce(s.name, p.name, '') AS name,
       p.id IS NOT NULL OR s.name IS NOT NULL AS is_known,
       ARRAY(SELECT substring(listed #>> '{}' FROM '[^/]*$') FROM jsonb_path_query(p.base_images, '$[*]') AS listed)
           AS file_names
FROM mentioned AS m
LEFT JOIN stg_product AS s ON s.onec_id = m.onec_id
LEFT JOIN products AS by_id ON by_id.onec_id = m.onec_id
LEFT JOIN LATERAL (
    SELECT min(old.id) AS id FROM products AS old
    WHERE by_id.id IS NULL AND old.parent_onec_id = m.onec_id
      AND NOT EXISTS (SELECT 1 FROM stg_product AS other WHERE other.onec_id = old.onec_id)
) AS by_parent ON true
LEFT JOIN products AS p ON p.id = coalesce(by_id.id, by_parent.id)
WHERE m.owner = 'product'
UNION ALL
SELECT m.owner, m.onec_id, v.id, coalesce(o.name, ''),
       v.id IS NOT NULL OR (
           o.onec_id IS NOT NULL AND NOT (o.is_deleted AND o.name IS NULL)
           AND (EXISTS (SELECT 1 FROM stg_product AS s WHERE s.onec_id = o.product_onec_id AND s.name IS NOT NULL)
                OR EXISTS (SELECT 1 FROM products AS p WHERE p.onec_id = o.product_onec_id)
                OR EXISTS (SELECT 1 FROM products AS p WHERE p.parent_onec_id = o.product_onec_id))),
       ARRAY(SELECT substring(listed #>> '{}' FROM '[^/]*$')
             FROM jsonb_path_query(v.gallery_images || to_jsonb(coalesce(v.main_image, '')), '$[*]') AS listed)
FROM mentioned AS m
LEFT JOIN stg_offer AS o ON o.onec_id = m.onec_id
LEFT JOIN product_variants AS v ON v.onec_id = m.onec_id
WHERE m.owner = 'variant';

-- As in the shop's own import of pictures, a product's first variant gets them too, unless it has pictures of its own.
WITH lent AS (
    SELECT o.onec_id AS product_onec_id, o.name, v.id, v.onec_id
    FROM picture_owner AS o
    CROSS JOIN LATERAL (
        SELECT * FROM product_variants AS first WHERE first.product_id = o.shop_id ORDER BY first.id LIMIT 1
    ) AS v
    WHERE :lends_pictures AND o.owner = 'product' AND coalesce(v.main_image, '') = '' AND v.gallery_images = '[]'
      AND NOT EXISTS (SELECT 1 FROM picture_owner AS own WHERE own.owner = 'variant' AND own.onec_id = v.onec_id)
),
borrowers AS (
    INSERT INTO picture_owner (owner, onec_id, shop_id, name, is_known, file_names)
    SELECT 'variant', onec_id, id, name, true, '{}' FROM lent
)
INSERT INTO stg_picture (file_no, position, line, owner, onec_id, number, path)
SELECT s.file_no, s.position, s.line, 'variant', lent.onec_id, s.number, s.path
FROM lent JOIN stg_picture AS s ON s.owner = 'product' AND s.onec_id = lent.product_onec_id;
ANALYZE picture_owner (owner, onec_id);

-- One row per picture, in the order of the galleries; object_no numbers the objects to check.
CREATE TEMP TABLE found_picture AS
SELECT CASE WHEN is_wanted THEN dense_rank() OVER (ORDER BY is_wanted DESC, first_place, owner, onec_id) END AS object_no,
       file_no, position, line, owner, onec_id, number, path, name, is_known, is_listed
FROM (
    SELECT s.*, o.name, o.is_known, listed.yes AS is_listed,
           min(ARRAY[s.file_no, s.position]) OVER same_object AS first_place,
           o.is_known AND (o.shop_id IS NULL OR :owns_pictures) AND bool_or(NOT listed.yes) OVER same_object AS is_wanted
    FROM stg_picture AS s
    JOIN picture_owner AS o ON o.owner = s.owner AND o.onec_id = s.onec_id
    CROSS JOIN LATERAL (SELECT (substring(s.path FROM '[^/]*$') = ANY (o.file_names)) IS TRUE AS yes) AS listed
    WINDOW same_object AS (PARTITION BY s.owner, s.onec_id)
) AS picture;
CREATE INDEX ON found_picture (object_no)
