-- The values of visible variants: links that stay, links that this run makes, and the displayed colour and size, which
-- may come from nothing but the name of an offer (FILTER-1).
CREATE TEMP TABLE of_variants ON COMMIT DROP AS
WITH of_variant AS (
    SELECT v.product_id, NULL::text AS product_onec_id, l.attributevalue_id AS value_no
    FROM product_variants_attributes AS l
    JOIN filter_value AS f ON f.value_no = l.attributevalue_id
    JOIN product_variants AS v ON v.id = l.productvariant_id
    LEFT JOIN chg_variant AS c ON c.variant_id = v.id
    LEFT JOIN chg_links AS changed ON changed.owner_id = v.id
    WHERE coalesce(c.is_active, v.is_active) AND changed.owner_id IS NULL
    UNION ALL
    SELECT coalesce(v.product_id, c.product_id), c.product_onec_id, used.value_no
    FROM chg_links AS changed
    LEFT JOIN product_variants AS v ON v.id = changed.owner_id
    LEFT JOIN chg_variant AS c ON c.onec_id = changed.onec_id
    CROSS JOIN LATERAL unnest(changed.value_nos) AS used (value_no)
    JOIN filter_value AS f ON f.value_no = used.value_no
    WHERE coalesce(c.is_active, v.is_active)
    UNION ALL
    SELECT v.product_id, v.product_onec_id, t.value_no
    FROM shown_variant AS v JOIN shown_text AS t ON t.column_name = 'color_name' AND t.text = v.color_name
    UNION ALL
    SELECT v.product_id, v.product_onec_id, t.value_no
    FROM shown_variant AS v JOIN shown_text AS t ON t.column_name = 'size_value' AND t.text = v.size_value
)
SELECT DISTINCT product_id, CASE WHEN product_id IS NULL THEN product_onec_id END AS product_onec_id, value_no FROM of_variant;
ANALYZE of_variants (product_id)
