-- The first schema of the search_path but for our own: a login called like our schema finds that first, by `"$user"`.
SELECT name FROM unnest(current_schemas(false)) WITH ORDINALITY AS schema (name, place)
WHERE name <> :own ORDER BY place LIMIT 1
