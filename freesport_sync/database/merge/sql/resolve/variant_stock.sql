-- Part of variants.sql: stock and warehouse of a variant by the files, see stock_totals.sql. A warehouse that the files
-- do not name keeps its name in the shop (STOCK-9).
SELECT mv.*, r.onec_id IS NOT NULL AS has_rest, r.stock_quantity,
       coalesce(r.warehouse_id, v.warehouse_id) AS warehouse_id,
       CASE WHEN r.warehouse_id IS NULL THEN v.warehouse_name
            ELSE coalesce(w.name, CASE WHEN v.warehouse_id = r.warehouse_id THEN v.warehouse_name END)
       END AS warehouse_name
FROM map_variant AS mv
LEFT JOIN product_variants AS v ON v.id = mv.variant_id
LEFT JOIN rest_total AS r
    ON r.onec_id = mv.onec_id AND r.is_readable AND (:owns_stock OR mv.variant_id IS NULL)
LEFT JOIN map_warehouse AS w ON w.onec_id = r.warehouse_id
