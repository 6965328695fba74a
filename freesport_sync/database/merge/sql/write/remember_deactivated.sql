-- What 1C has hidden (see product_visibility.sql and variant_visibility.sql), so that 1C can show it again while what
-- an operator has hidden stays hidden, and so that a hidden variant keeps no stock (HIDDEN-1). Runs before variants are
-- written.
DELETE FROM freesport_sync.deactivated_objects AS d
USING product_visibility AS p
WHERE d.onec_id = p.key
  AND ((d.entity = 'product' AND p.was_hidden AND NOT p.is_hidden)
       OR (d.entity = 'product_waiting' AND p.was_noted_waiting AND NOT p.is_noted_waiting));
DELETE FROM freesport_sync.deactivated_objects AS d
USING chg_variant AS v
WHERE d.entity IN ('variant', 'variant_hidden') AND d.onec_id = v.onec_id AND v.is_active;
-- What an operator has shown again only an operator hides.
DELETE FROM freesport_sync.deactivated_objects AS d
USING product_variants AS v
WHERE d.entity = 'variant_hidden' AND d.onec_id = v.onec_id AND v.is_active;
INSERT INTO freesport_sync.deactivated_objects (entity, onec_id)
SELECT 'product', key FROM product_visibility WHERE is_hidden AND NOT was_hidden
UNION ALL
SELECT 'product_waiting', key FROM product_visibility WHERE is_noted_waiting AND NOT was_noted_waiting
UNION ALL
SELECT 'variant_hidden', onec_id FROM chg_variant WHERE is_hidden
UNION ALL
-- Hidden by an older version of this program, which did not note it.
SELECT 'variant_hidden', o.onec_id FROM stg_offer AS o JOIN map_variant AS mv ON mv.onec_id = o.onec_id WHERE o.is_deleted
ON CONFLICT DO NOTHING
