-- Folds repeated records into one each, see dedupe_product.sql.
UPDATE stg_offer AS copy
SET name = merged.name, article = merged.article, color_name = merged.color_name, size_value = merged.size_value,
    is_deleted = merged.is_deleted,
    properties = merged.properties::integer[]
FROM (
    SELECT onec_id,
           (array_agg(name ORDER BY file_no, position) FILTER (WHERE name IS NOT NULL))[1] AS name,
           {latest},
           -- As text, because array_agg rejects arrays of different lengths.
           (array_agg(properties::text ORDER BY file_no DESC, position DESC) FILTER (WHERE properties IS NOT NULL))[1] AS properties,
           (array_agg(is_deleted ORDER BY file_no DESC, position DESC))[1] AS is_deleted
    FROM stg_offer GROUP BY onec_id HAVING count(*) > 1
) AS merged
WHERE merged.onec_id = copy.onec_id;
DELETE FROM stg_offer AS later
USING (SELECT onec_id, min(ARRAY[file_no, position]) AS place FROM stg_offer GROUP BY onec_id HAVING count(*) > 1) AS first
WHERE first.onec_id = later.onec_id AND ARRAY[later.file_no, later.position] > first.place;
