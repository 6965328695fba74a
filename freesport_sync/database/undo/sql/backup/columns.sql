SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = CAST(:name AS regclass) AND attname = ANY(:columns)
ORDER BY attname
