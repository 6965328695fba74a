-- A customer inserted by an import and hidden by its undo is shown again when exported again (UNDO-4); the row is
-- already locked.
WITH shown AS (
    UPDATE users AS u SET is_active = true, updated_at = now()
    FROM freesport_sync.deactivated_objects AS d
    WHERE d.entity = 'customer' AND d.onec_id = u.onec_id AND u.onec_id = ANY(CAST(:onec_ids AS text[]))
      AND NOT u.is_active
    RETURNING u.onec_id
)
DELETE FROM freesport_sync.deactivated_objects
WHERE entity = 'customer' AND onec_id IN (SELECT onec_id FROM shown)
