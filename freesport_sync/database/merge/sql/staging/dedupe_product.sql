-- Folds repeated records of an object (a segment sent twice, an object in two segments) into one row (RUN-8). The last
-- record decides on values; the first one decides on what only a new object takes: place, slug, and name and category
-- if the shop owns them. A missing value never replaces a given one. The first copy stays.
UPDATE stg_product AS copy
SET name = merged.name, article = merged.article, slug = merged.slug, category_onec_id = merged.category_onec_id,
    description = merged.description, brand_onec_id = merged.brand_onec_id,
    vat_rate = merged.vat_rate, is_deleted = merged.is_deleted,
    properties = merged.properties::integer[],
    last_name = merged.last_name, last_category_onec_id = merged.last_category_onec_id
FROM (
    SELECT onec_id,
           (array_agg(name ORDER BY file_no, position) FILTER (WHERE name IS NOT NULL))[1] AS name,
           coalesce((array_agg(slug ORDER BY file_no, position) FILTER (WHERE name IS NOT NULL))[1], '') AS slug,
           (array_agg(category_onec_id ORDER BY file_no, position) FILTER (WHERE category_onec_id IS NOT NULL))[1]
               AS category_onec_id,
           {latest},
           -- As text, because array_agg rejects arrays of different lengths.
           (array_agg(properties::text ORDER BY file_no DESC, position DESC) FILTER (WHERE properties IS NOT NULL))[1] AS properties,
           (array_agg(is_deleted ORDER BY file_no DESC, position DESC))[1] AS is_deleted,
           (array_agg(name ORDER BY file_no DESC, position DESC) FILTER (WHERE name IS NOT NULL))[1] AS last_name,
           (array_agg(category_onec_id ORDER BY file_no DESC, position DESC) FILTER (WHERE category_onec_id IS NOT NULL))[1]
               AS last_category_onec_id
    FROM stg_product GROUP BY onec_id HAVING count(*) > 1
) AS merged
WHERE merged.onec_id = copy.onec_id;
DELETE FROM stg_product AS later
USING (SELECT onec_id, min(ARRAY[file_no, position]) AS place FROM stg_product GROUP BY onec_id HAVING count(*) > 1) AS first
WHERE first.onec_id = later.onec_id AND ARRAY[later.file_no, later.position] > first.place;
