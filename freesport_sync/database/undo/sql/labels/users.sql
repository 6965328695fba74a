SELECT coalesce(t.onec_id, '') AS onec_id, coalesce(nullif(t.company_name, ''), t.last_name) AS name
