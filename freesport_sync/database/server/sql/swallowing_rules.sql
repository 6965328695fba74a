-- What can silently keep rows out of a table: BEFORE ROW triggers and INSTEAD rules.
SELECT tgname FROM pg_trigger
WHERE tgrelid = to_regclass(:table) AND NOT tgisinternal AND tgenabled IN ('O', 'A') AND tgtype & 3 = 3
UNION ALL
SELECT rulename FROM pg_rewrite WHERE ev_class = to_regclass(:table) AND ev_type <> '1' AND is_instead
ORDER BY 1
