-- Products and variants by what the run does to their attribute values.
SELECT coalesce(w.owner, c.owner) || '_attributes',
       count(*) FILTER (WHERE c.owner IS NOT NULL AND c.owner_id IS NULL),
       count(*) FILTER (WHERE c.owner_id IS NOT NULL),
       count(*) FILTER (WHERE c.owner IS NULL)
FROM (
    SELECT owner, coalesce(owner_id::text, 'new ' || onec_id) AS key FROM owner_properties WHERE properties IS NOT NULL
) AS w
FULL JOIN (SELECT *, coalesce(owner_id::text, 'new ' || onec_id) AS key FROM chg_links) AS c
    ON c.owner = w.owner AND c.key = w.key
GROUP BY 1
