SELECT reason, coalesce(onec_id, '') AS onec_id, coalesce(name, '') AS name, field,
       coalesce(pg_temp.shown(field, saved), '') AS saved, coalesce(pg_temp.shown(field, current), '') AS current,
       coalesce(because, '') AS because
FROM difference
WHERE NOT is_set_back
UNION ALL
SELECT CASE WHEN l.newer_run IS NULL THEN 'shop' ELSE 'newer' END, coalesce(l.onec_id, ''), coalesce(l.name, ''), coalesce(a.name, ''),
       CASE WHEN l.is_new THEN '' ELSE coalesce(v.value, '') END, CASE WHEN l.is_new THEN coalesce(v.value, '') ELSE '' END,
       coalesce(l.newer_run::text, '')
FROM link_difference AS l
LEFT JOIN product_attribute_values AS v ON v.id = l.value_id
LEFT JOIN product_attributes AS a ON a.id = v.attribute_id
WHERE NOT l.is_set_back
ORDER BY 1, 2, 4
