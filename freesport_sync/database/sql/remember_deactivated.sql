-- Products that 1C (a deletion mark, or --full) has hidden, so that 1C can show them again while a product that an
-- operator has hidden stays hidden. Runs when the products are written and the variants are not.
DELETE FROM freesport_sync.deactivated_objects AS d
USING map_product AS m JOIN products AS p ON p.id = m.product_id
WHERE d.entity = 'product' AND d.onec_id IN (m.onec_id, p.onec_id) AND p.is_active;
INSERT INTO freesport_sync.deactivated_objects (entity, onec_id)
SELECT 'product', c.onec_id FROM chg_product AS c
LEFT JOIN map_product AS m ON m.onec_id = c.onec_id
WHERE (coalesce(m.is_deleted, false) OR c.is_absent) AND c.old_is_active IS DISTINCT FROM false AND NOT c.is_active
UNION
-- All its offers are marked: it waits for the first that is not.
SELECT 'product', coalesce(p.onec_id, p.parent_onec_id)
FROM chg_variant AS c JOIN products AS p ON p.id = c.product_id
WHERE c.variant_id IS NULL AND NOT c.is_active AND NOT p.is_active
  AND NOT EXISTS (SELECT 1 FROM product_variants AS v WHERE v.product_id = p.id)
ON CONFLICT DO NOTHING
