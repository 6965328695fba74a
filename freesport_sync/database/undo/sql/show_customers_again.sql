-- A customer whom an undone import had brought is shown again with the next export that has him (UNDO-4); he is locked already.
WITH shown AS (
    UPDATE users AS u SET is_active = true, updated_at = now()
    FROM freesport_sync.deactivated_objects AS d
    WHERE d.entity = 'customer' AND d.onec_id = u.onec_id AND u.onec_id = ANY(CAST(:onec_ids AS text[]))
      AND NOT u.is_active
    RETURNING u.onec_id
)
DELETE FROM freesport_sync.deactivated_objects
WHERE entity = 'customer' AND onec_id IN (SELECT onec_id FROM shown)
