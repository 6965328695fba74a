SELECT name FROM unnest(CAST(:names AS text[])) AS name
WHERE has_table_privilege(to_regclass(name), 'SELECT') AND has_table_privilege(to_regclass(name), 'INSERT')
