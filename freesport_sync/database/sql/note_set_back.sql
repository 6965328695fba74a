-- What is set back is written by us, like everything that an import writes.
INSERT INTO freesport_sync.written_values (run_id, table_name, row_id, before, written)
SELECT :run_id, table_name, row_id, jsonb_object_agg(field, current), jsonb_object_agg(field, target)
FROM difference WHERE is_set_back GROUP BY table_name, row_id;
INSERT INTO freesport_sync.written_values (run_id, table_name, row_id, before, written)
SELECT :run_id, v.table_name, v.row_id,
       jsonb_build_object(v.field, v.written), jsonb_build_object(v.field, v.before)
FROM import_value AS v
WHERE EXISTS (SELECT FROM link_difference AS l
              WHERE l.table_name = v.table_name AND l.owner_id = v.row_id AND l.is_set_back);

-- Which objects are hidden for 1C's sake, so that 1C can show them again: as the backup has it, and those hidden now.
CREATE TEMP TABLE shown_or_hidden ON COMMIT DROP AS
SELECT kind.entity, d.onec_id, d.reason = 'created' AS is_hidden
FROM difference AS d
JOIN (VALUES ('products', 'product'), ('product_variants', 'variant'), ('price_types', 'price_type'), ('brands', 'brand'), ('users', 'customer'))
    AS kind (table_name, entity) ON kind.table_name = d.table_name
WHERE d.field = 'is_active' AND d.is_set_back AND d.onec_id <> '';
DELETE FROM freesport_sync.deactivated_objects AS o USING shown_or_hidden AS s
WHERE s.entity = o.entity AND s.onec_id = o.onec_id;
INSERT INTO freesport_sync.deactivated_objects (entity, onec_id)
SELECT entity, onec_id FROM shown_or_hidden WHERE is_hidden
UNION
SELECT b.entity, b.onec_id FROM backup_deactivated_objects AS b JOIN shown_or_hidden AS s USING (entity, onec_id)
