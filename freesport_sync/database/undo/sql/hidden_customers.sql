SELECT u.id FROM users AS u
JOIN freesport_sync.deactivated_objects AS d ON d.entity = 'customer' AND d.onec_id = u.onec_id
WHERE u.onec_id = ANY(CAST(:onec_ids AS text[])) AND NOT u.is_active
