SELECT coalesce(t.onec_id, t.parent_onec_id, '') AS onec_id, t.name
