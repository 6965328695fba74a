-- Ranges of ids take hardly any space where they are dense. Only the last run to confirm a value matters, so older runs
-- lose it: the total size does not grow with the number of runs (UNDO-7).
INSERT INTO freesport_sync.confirmed_values (run_id, table_name, fields, ids)
SELECT :run_id, table_name, fields, range_agg(int8range(row_id, row_id, '[]'))
FROM confirmation WHERE fields <> '{}' GROUP BY table_name, fields;
UPDATE freesport_sync.confirmed_values AS c SET ids = c.ids - newer.ids
FROM (
    SELECT o.run_id, o.table_name, o.fields, range_agg(part) AS ids
    FROM freesport_sync.confirmed_values AS o
    JOIN freesport_sync.confirmed_values AS n ON n.table_name = o.table_name AND n.fields @> o.fields
    CROSS JOIN LATERAL unnest(n.ids) AS part
    WHERE n.run_id = :run_id AND o.run_id < :run_id
    GROUP BY o.run_id, o.table_name, o.fields
) AS newer
WHERE (newer.run_id, newer.table_name, newer.fields) = (c.run_id, c.table_name, c.fields);
DELETE FROM freesport_sync.confirmed_values WHERE isempty(ids)
