-- A variant that is hidden again because 1C had hidden it, or because an import had inserted it, gets stock 0, whatever
-- its stock is since: the shop's product page lists hidden variants too (HIDDEN-1). A variant that an operator had
-- hidden gets back the stock it had.
CREATE TEMP TABLE emptied ON COMMIT DROP AS
SELECT d.entity, v.id, d.onec_id, d.name, v.stock_quantity
FROM difference AS d JOIN product_variants AS v ON v.id = d.row_id
WHERE d.table_name = 'product_variants' AND d.field = 'is_active' AND d.is_set_back AND d.target = 'false'
  AND v.stock_quantity > 0
  AND (d.reason = 'created' OR EXISTS (
      SELECT FROM backup_deactivated_objects AS b
      WHERE b.entity IN ('variant', 'variant_hidden') AND b.onec_id = d.onec_id))
  AND NOT EXISTS (
      SELECT FROM difference AS stock
      WHERE stock.table_name = d.table_name AND stock.row_id = d.row_id AND stock.field = 'stock_quantity'
        AND stock.is_set_back);
DELETE FROM difference AS d USING emptied AS e
WHERE d.table_name = 'product_variants' AND d.row_id = e.id AND d.field = 'stock_quantity';
INSERT INTO difference
SELECT 'product_variants', entity, id, onec_id, name, 'stock_quantity', NULL, to_jsonb(stock_quantity), '0', true, 'hidden',
       NULL
FROM emptied
