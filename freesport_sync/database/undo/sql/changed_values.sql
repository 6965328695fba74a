-- What this transaction has changed in noted rows, value by value. Only rows that it has written: an operator may have
-- edited others concurrently.
SELECT w.id, field.key AS field, row.before -> field.key AS before, field.value AS written
FROM {noted} AS w
JOIN {table} AS t
    ON t.id = w.id AND ROW ({w.columns}) IS DISTINCT FROM ROW ({t.columns}) AND t.xmin = pg_current_xact_id()::xid
CROSS JOIN LATERAL (
    SELECT to_jsonb(w) AS before, to_jsonb(f) AS written FROM (SELECT {t.columns}) AS f OFFSET 0
) AS row
CROSS JOIN LATERAL jsonb_each(row.written) AS field
WHERE field.value IS DISTINCT FROM row.before -> field.key
