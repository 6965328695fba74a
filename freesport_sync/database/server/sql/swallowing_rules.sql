-- What can keep rows from a table without an error: triggers before a row is written, and rules.
SELECT tgname FROM pg_trigger
WHERE tgrelid = to_regclass(:table) AND NOT tgisinternal AND tgenabled IN ('O', 'A') AND tgtype & 3 = 3
UNION ALL
SELECT rulename FROM pg_rewrite WHERE ev_class = to_regclass(:table) AND ev_type <> '1' AND is_instead
ORDER BY 1
