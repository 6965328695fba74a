SELECT t.onec_id, t.onec_name AS name
