-- Why products are hidden (see product_view in resolve.sql), so that 1C can show them again while a product that an
-- operator has hidden stays hidden.
DELETE FROM freesport_sync.deactivated_objects AS d
USING product_view AS p
WHERE d.onec_id = p.key
  AND ((d.entity = 'product' AND p.was_hidden AND NOT p.is_hidden)
       OR (d.entity = 'product_waiting' AND p.was_noted_waiting AND NOT p.is_noted_waiting));
DELETE FROM freesport_sync.deactivated_objects AS d
USING chg_variant AS v
WHERE d.entity = 'variant' AND d.onec_id = v.onec_id AND v.is_active;
INSERT INTO freesport_sync.deactivated_objects (entity, onec_id)
SELECT 'product', key FROM product_view WHERE is_hidden AND NOT was_hidden
UNION ALL
SELECT 'product_waiting', key FROM product_view WHERE is_noted_waiting AND NOT was_noted_waiting
ON CONFLICT DO NOTHING
