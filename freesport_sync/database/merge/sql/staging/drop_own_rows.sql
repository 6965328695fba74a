-- Some exports (2.05) have a row for the product itself beside those for its characteristics, with their total stock:
-- it is not a variant (VARIANT-2). Rows dropped here are listed in own_row; variants that earlier imports made of them
-- give way.
INSERT INTO own_row (onec_id, is_offer)
WITH own AS (
    SELECT onec_id, bool_or(is_offer) AS is_offer
    FROM (
        SELECT onec_id, true AS is_offer FROM stg_offer WHERE onec_id = product_onec_id
        UNION ALL SELECT onec_id, false FROM stg_price WHERE strpos(onec_id, '#') = 0
        UNION ALL SELECT onec_id, false FROM stg_rest WHERE strpos(onec_id, '#') = 0
        UNION ALL SELECT onec_id, false FROM stg_picture WHERE owner = 'variant' AND strpos(onec_id, '#') = 0
    ) AS said GROUP BY onec_id
),
-- Characteristics on sale after this run: those in the files, and those of the shop that the files do not hide.
child AS (
    SELECT own.onec_id
    FROM own JOIN stg_offer AS o ON o.product_onec_id = own.onec_id
    WHERE NOT o.is_deleted AND o.onec_id <> o.product_onec_id
    UNION
    SELECT p.onec_id
    FROM own
    JOIN products AS p ON p.onec_id = own.onec_id
    JOIN product_variants AS v ON v.product_id = p.id AND v.is_active
    LEFT JOIN stg_offer AS o ON o.onec_id = v.onec_id
    WHERE v.onec_id <> p.onec_id
      AND split_part(v.onec_id, '#', 2) NOT IN ('', '00000000-0000-0000-0000-000000000000')
      AND CASE WHEN o.onec_id IS NULL THEN NOT :is_full ELSE NOT o.is_deleted END
)
SELECT own.onec_id, own.is_offer FROM own JOIN child ON child.onec_id = own.onec_id;
-- Prices and stock given only for the product are lost: how they are distributed is unknown.
INSERT INTO lost_row (kind, file_no, position, line, onec_id)
SELECT DISTINCT ON (said.kind, said.onec_id) said.kind, said.file_no, said.position, said.line, said.onec_id
FROM (
    SELECT 'price' AS kind, s.file_no, s.position, s.line, s.onec_id FROM stg_price AS s JOIN own_row USING (onec_id)
    UNION ALL
    SELECT 'stock', s.file_no, s.position, s.line, s.onec_id FROM stg_rest AS s JOIN own_row USING (onec_id)
    WHERE s.entry IS NOT NULL
) AS said
LEFT JOIN (
    SELECT DISTINCT 'price' AS kind, split_part(onec_id, '#', 1) AS onec_id FROM stg_price WHERE onec_id LIKE '%#%'
    UNION ALL
    SELECT DISTINCT 'stock', split_part(onec_id, '#', 1) FROM stg_rest WHERE onec_id LIKE '%#%'
) AS shared ON shared.kind = said.kind AND shared.onec_id = said.onec_id
WHERE shared.onec_id IS NULL
ORDER BY said.kind, said.onec_id, said.file_no, said.position;
DELETE FROM stg_offer AS s USING own_row AS own WHERE s.onec_id = own.onec_id;
DELETE FROM stg_price AS s USING own_row AS own WHERE s.onec_id = own.onec_id;
DELETE FROM stg_rest AS s USING own_row AS own WHERE s.onec_id = own.onec_id;
DELETE FROM stg_picture AS s USING own_row AS own WHERE s.owner = 'variant' AND s.onec_id = own.onec_id
