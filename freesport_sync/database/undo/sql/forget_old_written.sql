-- Keep the undo log as long as a backup may need it; imports without one do not count towards the newest. Runs whose
-- log is deleted are marked: earlier backups can no longer be restored.
WITH old AS (
    SELECT r.id FROM freesport_sync.runs AS r
    WHERE r.started_at < now() - make_interval(days => :days)
      AND r.id < ALL (
          SELECT id FROM freesport_sync.runs AS n
          WHERE n.kind = 'backup' AND n.status = 'completed'
             OR n.kind <> 'restore' AND n.request ->> 'skip_backup' = 'false'
                AND (EXISTS (SELECT FROM freesport_sync.written_values AS v WHERE v.run_id = n.id)
                     OR EXISTS (SELECT FROM freesport_sync.created_rows AS c WHERE c.run_id = n.id))
          ORDER BY id DESC LIMIT :newest)
),
values_gone AS (
    DELETE FROM freesport_sync.written_values AS w USING old WHERE old.id = w.run_id RETURNING w.run_id
),
rows_gone AS (
    DELETE FROM freesport_sync.created_rows AS c USING old WHERE old.id = c.run_id RETURNING c.run_id
),
confirmations_gone AS (
    DELETE FROM freesport_sync.confirmed_values AS c USING old WHERE old.id = c.run_id
)
UPDATE freesport_sync.runs SET is_forgotten = true
WHERE id IN (SELECT run_id FROM values_gone UNION ALL SELECT run_id FROM rows_gone)
