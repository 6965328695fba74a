-- УТ 10.3 writes one `Товар` per characteristic, with the `Ид` of its offer: `product#characteristic` (ID-1). They
-- become one product, whose records dedupe_product.sql folds; data about the variant moves to the offer. A product that
-- the shop already has under such an id, created by its own importer, stays a product.
CREATE TEMP TABLE characteristic AS
SELECT DISTINCT ON (c.onec_id) c.file_no, c.position, c.line, c.onec_id,
       CASE WHEN p.id IS NULL THEN c.product_onec_id ELSE c.onec_id END AS product_onec_id,
       c.name, c.article, c.color_name, c.size_value, c.is_deleted, c.properties
FROM stg_characteristic AS c LEFT JOIN products AS p ON p.onec_id = c.onec_id
ORDER BY c.onec_id, c.file_no DESC, c.position DESC;
ANALYZE characteristic (onec_id, product_onec_id);

-- The offer takes precedence, unless its values are guessed from its name and the Товар lists the characteristics.
UPDATE stg_offer AS o
SET product_onec_id = c.product_onec_id, name = coalesce(o.name, c.name), article = coalesce(o.article, c.article),
    color_name = CASE WHEN is_guess THEN coalesce(c.color_name, o.color_name) ELSE coalesce(o.color_name, c.color_name) END,
    size_value = CASE WHEN is_guess THEN coalesce(c.size_value, o.size_value) ELSE coalesce(o.size_value, c.size_value) END,
    properties = coalesce(o.properties, c.properties), is_deleted = o.is_deleted OR c.is_deleted
FROM (
    SELECT c.*, c.properties IS NOT NULL AND offer.properties IS NULL AS is_guess
    FROM characteristic AS c JOIN stg_offer AS offer ON offer.onec_id = c.onec_id
) AS c
WHERE o.onec_id = c.onec_id;
INSERT INTO stg_offer (
    file_no, position, line, onec_id, product_onec_id, name, article, color_name, size_value, is_deleted, properties)
SELECT c.*
FROM characteristic AS c
WHERE :imports_variants AND NOT EXISTS (SELECT 1 FROM stg_offer AS o WHERE o.onec_id = c.onec_id);

-- A marked characteristic hides only its variant; a record of the product itself takes precedence over characteristics.
DELETE FROM characteristic AS c
WHERE c.product_onec_id = c.onec_id;
CREATE TEMP TABLE no_product AS
SELECT c.onec_id FROM characteristic AS c
LEFT JOIN stg_product AS own ON own.onec_id = c.product_onec_id
WHERE c.is_deleted OR own.onec_id IS NOT NULL;
DELETE FROM stg_product AS s USING no_product AS n WHERE n.onec_id = s.onec_id;
DELETE FROM stg_picture AS s USING no_product AS n WHERE s.owner = 'product' AND n.onec_id = s.onec_id;
UPDATE stg_product AS s SET onec_id = c.product_onec_id FROM characteristic AS c WHERE c.onec_id = s.onec_id;
UPDATE stg_product_group AS s SET onec_id = c.product_onec_id FROM characteristic AS c WHERE c.onec_id = s.onec_id;
UPDATE stg_picture AS s SET onec_id = c.product_onec_id FROM characteristic AS c
WHERE s.owner = 'product' AND c.onec_id = s.onec_id;
DROP TABLE no_product;
DROP TABLE characteristic
