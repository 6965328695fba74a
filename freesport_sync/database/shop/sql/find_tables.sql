-- The tables of these names along the search_path: the rights that we have, and those narrowed by row-level security.
SELECT wanted.name, class.oid, ARRAY(
    SELECT wanted_right FROM unnest(CAST(:rights AS text[])) AS wanted_right
    WHERE has_table_privilege(class.oid, wanted_right)
) AS rights, ARRAY(
    SELECT wanted_right FROM unnest(CAST(:rights AS text[])) AS wanted_right
    JOIN LATERAL (
        SELECT coalesce(bool_or(polpermissive AND is_open), false) AS is_granted,
            coalesce(bool_or(NOT polpermissive AND NOT is_open), false) AS is_restricted
        FROM pg_policy
        CROSS JOIN LATERAL (
            SELECT coalesce(pg_get_expr(polqual, polrelid), 'true') = 'true'
                AND coalesce(pg_get_expr(polwithcheck, polrelid), 'true') = 'true' AS is_open
        ) AS condition
        WHERE polrelid = class.oid
            AND polcmd IN ('*', CASE wanted_right
                WHEN 'SELECT' THEN 'r' WHEN 'INSERT' THEN 'a' WHEN 'UPDATE' THEN 'w' ELSE 'd' END)
            AND EXISTS (SELECT FROM unnest(polroles) AS role WHERE role = 0 OR pg_has_role(role, 'USAGE'))
    ) AS policies ON true
    WHERE row_security_active(class.oid) AND (NOT is_granted OR is_restricted)
) AS narrowed
FROM unnest(CAST(:names AS text[])) AS wanted (name)
JOIN pg_class AS class ON class.oid = to_regclass(quote_ident(wanted.name))
WHERE class.relkind IN ('r', 'p')
