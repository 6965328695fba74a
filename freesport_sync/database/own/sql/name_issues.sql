-- Records of prices and rests have only an Ид, and offers often no Артикул: their issues get the name and article of
-- the offer or its product, from this export or else from the shop. Only incomplete issues are considered.
WITH nameless AS MATERIALIZED (
    SELECT id, onec_id, trim(split_part(onec_id, '#', 1)) AS product_onec_id, name, article
    FROM freesport_sync.row_issues
    WHERE run_id = :run_id AND onec_id <> '' AND (name = '' OR article = '')
),
known AS (
    SELECT i.id,
           CASE WHEN i.name <> '' THEN i.name ELSE left(coalesce(o.name, s.name, own.name, p.name, ''), :length) END AS name,
           -- The SKU of a default variant repeats 1C's id.
           CASE WHEN i.article <> '' THEN i.article
                ELSE left(coalesce(o.article, s.article, nullif(v.sku, v.onec_id), ''), :length) END AS article
    FROM nameless AS i
    LEFT JOIN stg_offer AS o ON o.onec_id = i.onec_id
    LEFT JOIN stg_product AS s ON s.onec_id = i.product_onec_id
    LEFT JOIN product_variants AS v ON v.onec_id = i.onec_id
    LEFT JOIN products AS own ON own.id = v.product_id
    LEFT JOIN products AS p ON p.onec_id = i.product_onec_id
)
UPDATE freesport_sync.row_issues AS i
SET name = known.name, article = known.article
FROM known
WHERE i.id = known.id AND (known.name, known.article) <> (i.name, i.article)
