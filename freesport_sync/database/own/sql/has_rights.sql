-- Whether we have all of these rights on all tables of a schema except Alembic's.
SELECT bool_and(has_table_privilege(c.oid, r))
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN unnest(CAST(:rights AS text[])) AS r
WHERE n.nspname = :schema AND c.relkind = 'r' AND c.relname <> 'alembic_version'
