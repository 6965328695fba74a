-- Tables of these names that the search_path does not find.
SELECT class.relname, min(format('%I.%I', space.nspname, class.relname))
FROM pg_class AS class JOIN pg_namespace AS space ON space.oid = class.relnamespace
WHERE class.relname = ANY (CAST(:names AS text[])) AND class.relkind IN ('r', 'p')
    AND space.nspname <> :own AND space.nspname !~ '^pg_' AND NOT pg_table_is_visible(class.oid)
GROUP BY class.relname
