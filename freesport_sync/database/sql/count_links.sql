-- Products and variants by what happens to their attribute values.
SELECT w.owner || '_attributes',
       count(*) FILTER (WHERE c.onec_id IS NOT NULL AND w.owner_id IS NULL),
       count(*) FILTER (WHERE c.onec_id IS NOT NULL AND w.owner_id IS NOT NULL),
       count(*) FILTER (WHERE c.onec_id IS NULL)
FROM owner_properties AS w LEFT JOIN chg_links AS c ON c.owner = w.owner AND c.onec_id = w.onec_id
GROUP BY w.owner
