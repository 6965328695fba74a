SELECT t.onec_id, t.name
