-- The first schema of the search_path except our own, which `"$user"` puts first for a login of its name.
SELECT name FROM unnest(current_schemas(false)) WITH ORDINALITY AS schema (name, place)
WHERE name <> :own ORDER BY place LIMIT 1
