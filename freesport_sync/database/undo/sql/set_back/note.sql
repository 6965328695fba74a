-- Store what is reverted as written by us, like everything that an import writes.
INSERT INTO freesport_sync.written_values (run_id, table_name, row_id, before, written)
SELECT :run_id, table_name, row_id, jsonb_object_agg(field, current), jsonb_object_agg(field, target)
FROM difference WHERE is_set_back GROUP BY table_name, row_id;
INSERT INTO freesport_sync.written_values (run_id, table_name, row_id, before, written)
SELECT :run_id, table_name, owner_id,
       jsonb_build_object('attributevalue_id', coalesce(jsonb_agg(value_id) FILTER (WHERE is_new), '[]')),
       jsonb_build_object('attributevalue_id', coalesce(jsonb_agg(value_id) FILTER (WHERE NOT is_new), '[]'))
FROM link_difference WHERE is_set_back GROUP BY table_name, owner_id;

-- Objects that 1C may show again: those that the backup lists as hidden by 1C, and those hidden now.
CREATE TEMP TABLE shown_or_hidden ON COMMIT DROP AS
SELECT kind.entity, d.onec_id, d.reason = 'created' AS is_hidden, d.target = 'false' AS is_hidden_now
FROM difference AS d
JOIN (VALUES ('products', 'product'), ('product_variants', 'variant'),
             ('product_variants', 'variant_hidden'), ('price_types', 'price_type'), ('brands', 'brand'), ('users', 'customer'))
    AS kind (table_name, entity) ON kind.table_name = d.table_name
WHERE d.field = 'is_active' AND d.is_set_back AND d.onec_id <> '';
DELETE FROM freesport_sync.deactivated_objects AS o USING shown_or_hidden AS s
WHERE s.entity = o.entity AND s.onec_id = o.onec_id;
INSERT INTO freesport_sync.deactivated_objects (entity, onec_id)
SELECT entity, onec_id FROM shown_or_hidden WHERE is_hidden
UNION
SELECT b.entity, b.onec_id FROM backup_deactivated_objects AS b JOIN shown_or_hidden AS s USING (entity, onec_id);
-- A product shown by an import that 1C had not hidden was waiting for its variants (see product_visibility.sql).
INSERT INTO freesport_sync.deactivated_objects (entity, onec_id)
SELECT 'product_waiting', s.onec_id FROM shown_or_hidden AS s
WHERE s.entity = 'product' AND s.is_hidden_now
  AND NOT EXISTS (SELECT FROM freesport_sync.deactivated_objects AS o
                  WHERE o.entity = 'product' AND o.onec_id = s.onec_id)
ON CONFLICT DO NOTHING
