-- Stock of an offer: the sum over its warehouses; its warehouse is the one with the largest quantity, the first of
-- equals (STOCK-1). A warehouse id too long for the shop's column leaves the variant's warehouse unchanged, an
-- unreadable quantity its stock.
CREATE TEMP TABLE rest_total ON COMMIT DROP AS
SELECT onec_id,
       bool_and(quantity IS NOT NULL) AS is_readable,
       least(sum(quantity), 2147483647)::integer AS stock_quantity,
       sum(quantity) > 2147483647 AND bool_and(quantity IS NOT NULL) AS is_cut,
       (array_agg(CASE WHEN length(warehouse_onec_id) <= 64 THEN warehouse_onec_id END
                  ORDER BY quantity DESC, file_no, position, entry)
           FILTER (WHERE warehouse_onec_id IS NOT NULL))[1] AS warehouse_id
FROM stg_rest GROUP BY onec_id
