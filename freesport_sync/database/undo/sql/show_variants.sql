-- The variants that are visible after this run, with what the shop's filters use.
CREATE TEMP TABLE shown_variant ON COMMIT DROP AS
SELECT v.product_id, NULL::text AS product_onec_id,
       coalesce(c.color_name, v.color_name) AS color_name, coalesce(c.size_value, v.size_value) AS size_value
FROM product_variants AS v LEFT JOIN chg_variant AS c ON c.variant_id = v.id
WHERE coalesce(c.is_active, v.is_active)
UNION ALL
SELECT product_id, product_onec_id, color_name, size_value FROM chg_variant WHERE variant_id IS NULL AND is_active
