-- Rows inserted by an import and written by the shop since, before this transaction overwrites the trace.
INSERT INTO confirmation
SELECT DISTINCT :table, w.id, ARRAY['changes']
FROM {written} AS w (id, writer)
WHERE w.writer NOT IN (
        SELECT coalesce(merged_xid, 0) FROM freesport_sync.runs WHERE merged_at IS NOT NULL
        UNION ALL SELECT pg_current_xact_id()::xid::text::bigint)
  AND EXISTS (
      SELECT FROM freesport_sync.created_rows AS c JOIN freesport_sync.runs AS r ON r.id = c.run_id
      WHERE c.table_name = :table AND c.ids @> w.id AND r.merged_xid IS NOT NULL)
