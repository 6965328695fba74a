-- The foreign keys to a table, whoever has created them; Django's have one column each.
SELECT referring.relname, namespace.nspname, own.attname, its.attname,
       k.conrelid IN (SELECT to_regclass(name) FROM unnest(CAST(:ours AS text[])) AS name),
       has_schema_privilege(namespace.oid, 'USAGE') AND has_table_privilege(referring.oid, 'SELECT')
FROM pg_constraint AS k
JOIN pg_class AS referring ON referring.oid = k.conrelid
JOIN pg_namespace AS namespace ON namespace.oid = referring.relnamespace
JOIN pg_attribute AS own ON own.attrelid = k.conrelid AND own.attnum = k.conkey[1]
JOIN pg_attribute AS its ON its.attrelid = k.confrelid AND its.attnum = k.confkey[1]
WHERE k.contype = 'f' AND k.confrelid = to_regclass(:table) AND k.conparentid = 0
  AND k.conrelid NOT IN (SELECT to_regclass(name) FROM unnest(CAST(:filled AS text[])) AS name WHERE to_regclass(name) IS NOT NULL)
ORDER BY 2, 1, 3
