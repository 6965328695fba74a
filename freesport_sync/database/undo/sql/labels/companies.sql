SELECT (SELECT coalesce(u.onec_id, '') FROM users AS u WHERE u.id = t.user_id) AS onec_id, t.legal_name AS name
