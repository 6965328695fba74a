-- Articles used by two products, one of them on sale: usually 1C has created the product anew (PRODUCT-7). One issue
-- per article: within the files, and where a new variant cannot take its article as SKU because a variant of another
-- product has it.
WITH said AS (
    SELECT article, onec_id AS product, is_deleted FROM stg_product WHERE article IS NOT NULL
    UNION ALL
    SELECT article, product_onec_id, is_deleted FROM stg_offer WHERE article IS NOT NULL
),
pair AS (
    SELECT article, min(product) AS first, max(product) AS last FROM said
    GROUP BY article HAVING min(product) <> max(product) AND NOT bool_and(is_deleted)
    UNION ALL
    SELECT c.wanted_sku, coalesce(c.product_onec_id, own.onec_id), p.onec_id
    FROM chg_variant AS c
    JOIN stg_offer AS o ON o.onec_id = c.onec_id AND o.article = c.wanted_sku AND NOT o.is_deleted
    JOIN product_variants AS v ON v.sku = c.wanted_sku AND v.product_id IS DISTINCT FROM c.product_id
    JOIN products AS p ON p.id = v.product_id
    LEFT JOIN products AS own ON own.id = c.product_id
)
SELECT DISTINCT ON (pair.article)
       coalesce(s.file_no, o.file_no, 0) AS file_no, coalesce(s.line, o.line, 0) AS line, pair.first AS onec_id,
       coalesce(s.name, o.name) AS name, pair.article, pair.article AS value, coalesce(pair.last, '') AS kept
FROM pair
LEFT JOIN stg_product AS s ON s.onec_id = pair.first
LEFT JOIN stg_offer AS o ON o.product_onec_id = pair.first AND s.onec_id IS NULL
ORDER BY pair.article, o.position
