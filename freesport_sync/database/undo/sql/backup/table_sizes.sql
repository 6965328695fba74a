SELECT name, pg_table_size(name::regclass) FROM unnest(CAST(:names AS text[])) AS name
