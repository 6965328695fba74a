SELECT t.normalized_name AS onec_id, t.name
