-- A customer whom an undone import had brought is shown again with the next export that has him.
WITH hidden AS (
    SELECT u.id, u.onec_id FROM users AS u
    JOIN freesport_sync.deactivated_objects AS d ON d.entity = 'customer' AND d.onec_id = u.onec_id
    WHERE u.onec_id = ANY(CAST(:onec_ids AS text[])) AND NOT u.is_active
    ORDER BY u.id FOR UPDATE OF u
),
shown AS (UPDATE users AS u SET is_active = true, updated_at = now() FROM hidden WHERE u.id = hidden.id)
DELETE FROM freesport_sync.deactivated_objects
WHERE entity = 'customer' AND onec_id IN (SELECT onec_id FROM hidden)
