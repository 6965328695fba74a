-- Update which product links are ours: links made by imports are gone, links that imports had removed were ours before.
-- Whether goods or only variants have a value is settled by the next goods.
UPDATE freesport_sync.product_links AS ours
SET made = ARRAY(SELECT unnest(ours.made) EXCEPT SELECT unnest(d.removed) UNION SELECT unnest(d.restored) ORDER BY 1),
    of_variants = ARRAY(SELECT unnest(ours.of_variants) EXCEPT SELECT unnest(d.removed) ORDER BY 1),
    said_hash = NULL
FROM (
    SELECT owner_id, array_agg(value_id) FILTER (WHERE is_new) AS removed,
           array_agg(value_id) FILTER (WHERE NOT is_new) AS restored
    FROM link_difference WHERE table_name = 'products_attributes' AND is_set_back GROUP BY owner_id
) AS d
WHERE ours.product_id = d.owner_id
