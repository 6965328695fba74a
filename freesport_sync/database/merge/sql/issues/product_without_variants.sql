-- Visible products that nobody can buy, because this run has left them without a visible variant (PRODUCT-7).
WITH touched AS (
    SELECT mv.product_id FROM stg_offer AS o JOIN map_variant AS mv ON mv.onec_id = o.onec_id
    WHERE mv.product_id IS NOT NULL
    GROUP BY mv.product_id HAVING bool_and(o.is_deleted)
    UNION
    SELECT product_id FROM chg_variant WHERE old_is_active AND NOT is_active
),
bare AS (
    SELECT p.id, p.onec_id, p.parent_onec_id, p.name
    FROM touched
    JOIN products AS p ON p.id = touched.product_id
    LEFT JOIN chg_product AS c ON c.product_id = p.id
    WHERE coalesce(c.is_active, p.is_active)
      AND NOT EXISTS (
          SELECT 1 FROM product_variants AS v LEFT JOIN chg_variant AS changed ON changed.variant_id = v.id
          WHERE v.product_id = p.id AND coalesce(changed.is_active, v.is_active))
      AND NOT EXISTS (SELECT 1 FROM chg_variant AS new WHERE new.variant_id IS NULL AND new.product_id = p.id AND new.is_active)
)
SELECT coalesce(min(s.file_no), 0) AS file_no, coalesce(min(s.line), 0) AS line, coalesce(bare.onec_id, '') AS onec_id,
       bare.name, min(s.article) AS article, bare.name AS value
FROM bare LEFT JOIN stg_product AS s ON s.onec_id IN (bare.onec_id, bare.parent_onec_id)
GROUP BY bare.id, bare.onec_id, bare.name
ORDER BY 1, 2, 3
