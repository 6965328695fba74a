-- Rows that the shop has written since; for rows inserted by an older version of the program only the time of change
-- tells.
INSERT INTO sign_of_use
SELECT s.row_id, s.field
FROM confirmed_value AS s
JOIN import_value AS v ON v.table_name = s.table_name AND v.row_id = s.row_id AND v.field = 'is_active'
WHERE s.table_name = :table AND s.field = 'changes' AND s.run_id > v.last_run
  AND s.row_id IN (SELECT row_id FROM row_to_hide WHERE table_name = :table)
UNION ALL
SELECT t.id, 'changes'
FROM {table} AS t
JOIN created_row AS c ON c.table_name = :table AND c.row_id = t.id
JOIN freesport_sync.runs AS r ON r.id = c.run_id
CROSS JOIN LATERAL {is_touched} AS touched
WHERE t.id IN (SELECT row_id FROM row_to_hide WHERE table_name = :table)
  AND CASE WHEN r.merged_xid IS NULL THEN touched.yes
           ELSE t.xmin::text::bigint NOT IN (SELECT merged_xid FROM our_write) END
