-- All tables of the database except ours and those of extensions (PostGIS, pg_stat_statements).
SELECT format('%I.%I', space.nspname, class.relname)
FROM pg_class AS class JOIN pg_namespace AS space ON space.oid = class.relnamespace
WHERE class.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND space.nspname NOT IN (:own, 'information_schema') AND space.nspname !~ '^pg_'
    AND NOT EXISTS (
        SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = class.oid AND deptype = 'e'
    )
ORDER BY 1
