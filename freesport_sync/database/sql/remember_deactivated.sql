-- Products that 1C's deletion mark (or --full) has hidden, so that un-marking shows them again and a product that an
-- operator has hidden stays hidden.
DELETE FROM freesport_sync.deactivated_objects AS d
USING map_product AS m
WHERE d.entity = 'product' AND d.onec_id = m.onec_id AND m.is_record AND NOT m.is_deleted;
INSERT INTO freesport_sync.deactivated_objects (entity, onec_id)
SELECT 'product', c.onec_id FROM chg_product AS c
LEFT JOIN map_product AS m ON m.onec_id = c.onec_id
WHERE (coalesce(m.is_deleted, false) OR c.is_absent) AND c.old_is_active IS DISTINCT FROM false AND NOT c.is_active
ON CONFLICT DO NOTHING
