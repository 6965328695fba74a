-- Triggers, rules, constraints and unique indexes of tables that no migration of the shop creates.
WITH wanted AS (
    SELECT name, to_regclass(quote_ident(name)) AS class_id FROM unnest(CAST(:tables AS text[])) AS name
)
SELECT 'trigger' AS kind, CAST(tgname AS text) AS rule, name, CAST(NULL AS text[]) AS columns
FROM wanted JOIN pg_trigger ON tgrelid = class_id AND NOT tgisinternal AND tgenabled IN ('O', 'A')
UNION ALL
SELECT 'rule', CAST(rulename AS text), name, NULL
FROM wanted JOIN pg_rewrite ON ev_class = class_id AND ev_type <> '1'
UNION ALL
SELECT CASE contype WHEN 'c' THEN 'check' ELSE 'exclude' END, CAST(conname AS text), name, NULL
FROM wanted JOIN pg_constraint ON conrelid = class_id AND contype IN ('c', 'x')
WHERE pg_get_constraintdef(pg_constraint.oid) !~ '^CHECK \(\(\w+ >= 0\)\)$'
UNION ALL
SELECT 'unique', CAST(indexrelid::regclass AS text), name, ARRAY(
    SELECT CAST(attname AS text) FROM pg_attribute WHERE attrelid = class_id AND attnum = ANY (indkey))
FROM wanted JOIN pg_index ON indrelid = class_id AND indisunique AND NOT indisprimary
ORDER BY 3, 1, 2
