SELECT attrelid AS oid, CAST(attname AS text) AS name, format_type(atttypid, atttypmod) AS type,
    attidentity = 'd' OR (atthasdef AND attgenerated = '') AS is_automatic,
    attnotnull AND attidentity = '' AND NOT atthasdef AS is_required,
    (
        SELECT min(format('%I.%I', space.nspname, sequence.relname))
        FROM pg_attrdef AS def
        JOIN pg_depend AS needs ON needs.classid = 'pg_attrdef'::regclass AND needs.objid = def.oid
            AND needs.refclassid = 'pg_class'::regclass
        JOIN pg_class AS sequence ON sequence.oid = needs.refobjid
        JOIN pg_namespace AS space ON space.oid = sequence.relnamespace
        WHERE def.adrelid = attrelid AND def.adnum = attnum
            AND CASE sequence.relkind WHEN 'S' THEN NOT has_sequence_privilege(sequence.oid, 'USAGE, UPDATE') END
    ) AS forbidden_sequence
FROM pg_attribute
WHERE attrelid = ANY (CAST(:oids AS oid[])) AND attnum > 0 AND NOT attisdropped
