-- The counts of the change tables; dry and real runs use the same query. A variant counts as updated for changes by its
-- offer; its prices and its stock are counted separately.
SELECT 'product' AS entity,
       count(*) FILTER (WHERE c.product_id IS NULL AND c.ord IS NOT NULL) AS created,
       count(*) FILTER (WHERE c.product_id IS NOT NULL) AS updated,
       count(*) FILTER (WHERE c.ord IS NULL AND m.product_id IS NOT NULL) AS unchanged,
       count(*) FILTER (WHERE c.ord IS NULL AND m.product_id IS NULL) AS skipped
FROM (stg_product AS s JOIN map_product AS m ON m.onec_id = s.onec_id)
FULL JOIN chg_product AS c ON c.onec_id = s.onec_id
UNION ALL
SELECT 'variant',
       count(*) FILTER (WHERE c.ord IS NOT NULL AND c.variant_id IS NULL),
       count(*) FILTER (WHERE c.variant_id IS NOT NULL AND c.changes_variant),
       count(*) FILTER (WHERE o.onec_id IS NOT NULL AND mv.variant_id IS NOT NULL AND c.changes_variant IS NOT TRUE),
       count(*) FILTER (WHERE o.onec_id IS NOT NULL AND mv.onec_id IS NULL)
FROM (stg_offer AS o LEFT JOIN map_variant AS mv ON mv.onec_id = o.onec_id)
FULL JOIN (SELECT * FROM chg_variant WHERE NOT is_default) AS c ON c.onec_id = o.onec_id
UNION ALL
SELECT 'default_variant', count(*), 0, 0, 0 FROM chg_variant WHERE is_default
UNION ALL
SELECT 'price',
       count(*) FILTER (WHERE c.ord IS NOT NULL AND mv.variant_id IS NULL),
       count(*) FILTER (WHERE mv.variant_id IS NOT NULL AND c.changes_price),
       count(*) FILTER (WHERE mv.variant_id IS NOT NULL AND c.changes_price IS NOT TRUE),
       count(*) FILTER (WHERE mv.onec_id IS NULL) + (SELECT count(*) FROM lost_row WHERE kind = 'price')
FROM stg_price AS s
LEFT JOIN map_variant AS mv ON mv.onec_id = s.onec_id
LEFT JOIN chg_variant AS c ON c.onec_id = s.onec_id
UNION ALL
SELECT 'stock',
       count(*) FILTER (WHERE c.ord IS NOT NULL AND mv.variant_id IS NULL),
       count(*) FILTER (WHERE mv.variant_id IS NOT NULL AND c.changes_stock),
       count(*) FILTER (WHERE mv.variant_id IS NOT NULL AND c.changes_stock IS NOT TRUE),
       count(*) FILTER (WHERE mv.onec_id IS NULL) + (SELECT count(*) FROM lost_row WHERE kind = 'stock')
FROM rest_total AS r
LEFT JOIN map_variant AS mv ON mv.onec_id = r.onec_id
LEFT JOIN chg_variant AS c ON c.onec_id = r.onec_id
UNION ALL
-- The other counts of pictures come from their delivery (tasks/shop_import/pictures.py).
SELECT 'picture', coalesce(sum(cardinality(paths)), 0), 0, 0, 0 FROM new_picture
