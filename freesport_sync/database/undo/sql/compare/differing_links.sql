-- Links that only the shop or only the backup has. Nearly all owners have no difference, and comparing one hash per
-- owner is faster than comparing each link.
WITH suspect AS (
    SELECT {owner}
    FROM (
        SELECT {owner}, count(*) AS links, bit_xor(hashint8extended(attributevalue_id, 0)) AS hash
        FROM {table} GROUP BY {owner}
    ) AS c
    FULL JOIN (
        SELECT {owner}, count(*) AS links, bit_xor(hashint8extended(attributevalue_id, 0)) AS hash
        FROM {backup} GROUP BY {owner}
    ) AS s USING ({owner})
    WHERE (c.links, c.hash) IS DISTINCT FROM (s.links, s.hash)
)
INSERT INTO link_difference
SELECT :table, :entity, pair.owner_id, label.onec_id, label.name, pair.value_id, pair.is_new,
       coalesce(v.written = to_jsonb(pair.is_new) AND v.before <> v.written AND v.is_live, false)
       AND newer.run IS NULL
       AND EXISTS (SELECT FROM product_attribute_values AS a WHERE a.id = pair.value_id),
       newer.run
FROM (
    SELECT coalesce(c.{owner}, s.{owner}) AS owner_id,
           coalesce(c.attributevalue_id, s.attributevalue_id) AS value_id, c.id IS NOT NULL AS is_new
    FROM (SELECT l.* FROM {table} AS l JOIN suspect USING ({owner})) AS c
    FULL JOIN (SELECT l.* FROM {backup} AS l JOIN suspect USING ({owner})) AS s USING ({owner}, attributevalue_id)
    WHERE c.id IS NULL OR s.id IS NULL
) AS pair
JOIN {owners} AS t ON t.id = pair.owner_id
JOIN {owners_backup} AS b ON b.id = pair.owner_id
CROSS JOIN LATERAL {label} AS label
LEFT JOIN import_value AS v
    ON v.table_name = :table AND v.row_id = pair.owner_id AND v.field = pair.value_id::text
LEFT JOIN confirmed_value AS said
    ON said.table_name = :table AND said.row_id = pair.owner_id AND said.field = 'attributevalue_id'
CROSS JOIN LATERAL (SELECT CASE WHEN v.row_id IS NULL THEN said.run_id ELSE v.newer_run END AS run) AS newer
