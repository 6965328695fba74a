-- A record that an export repeats (a segment sent twice, an object in two segments) becomes one row:
-- the last record wins for values, the first for what only a new object takes: place, slug, and name and category where
-- the shop owns them.
-- "Not given" never wins over a value. The first copy stays.
UPDATE stg_product AS copy
SET name = merged.name, article = merged.article, slug = merged.slug, category_onec_id = merged.category_onec_id,
    description = merged.description, brand_onec_id = merged.brand_onec_id,
    vat_rate = merged.vat_rate, is_deleted = merged.is_deleted,
    properties = merged.properties::integer[],
    last_name = merged.last_name, last_category_onec_id = merged.last_category_onec_id
FROM (
    SELECT onec_id,
           (array_agg(name ORDER BY file_no, position) FILTER (WHERE name IS NOT NULL))[1] AS name,
           (array_agg(article ORDER BY file_no DESC, position DESC) FILTER (WHERE article IS NOT NULL))[1] AS article,
           coalesce((array_agg(slug ORDER BY file_no, position) FILTER (WHERE name IS NOT NULL))[1], '') AS slug,
           (array_agg(category_onec_id ORDER BY file_no, position) FILTER (WHERE name IS NOT NULL))[1] AS category_onec_id,
           (array_agg(description ORDER BY file_no DESC, position DESC) FILTER (WHERE description IS NOT NULL))[1] AS description,
           (array_agg(brand_onec_id ORDER BY file_no DESC, position DESC) FILTER (WHERE name IS NOT NULL))[1] AS brand_onec_id,
           (array_agg(vat_rate ORDER BY file_no DESC, position DESC) FILTER (WHERE vat_rate IS NOT NULL))[1] AS vat_rate,
           -- As a text, because arrays of different lengths cannot be gathered.
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

UPDATE stg_offer AS copy
SET name = merged.name, article = merged.article, color_name = merged.color_name, size_value = merged.size_value,
    is_deleted = merged.is_deleted,
    properties = merged.properties::integer[]
FROM (
    SELECT onec_id,
           (array_agg(name ORDER BY file_no, position) FILTER (WHERE name IS NOT NULL))[1] AS name,
           (array_agg(article ORDER BY file_no DESC, position DESC) FILTER (WHERE article IS NOT NULL))[1] AS article,
           (array_agg(color_name ORDER BY file_no DESC, position DESC) FILTER (WHERE color_name IS NOT NULL))[1] AS color_name,
           (array_agg(size_value ORDER BY file_no DESC, position DESC) FILTER (WHERE size_value IS NOT NULL))[1] AS size_value,
           -- As a text, because arrays of different lengths cannot be gathered.
           (array_agg(properties::text ORDER BY file_no DESC, position DESC) FILTER (WHERE properties IS NOT NULL))[1] AS properties,
           (array_agg(is_deleted ORDER BY file_no DESC, position DESC))[1] AS is_deleted
    FROM stg_offer GROUP BY onec_id HAVING count(*) > 1
) AS merged
WHERE merged.onec_id = copy.onec_id;
DELETE FROM stg_offer AS later
USING (SELECT onec_id, min(ARRAY[file_no, position]) AS place FROM stg_offer GROUP BY onec_id HAVING count(*) > 1) AS first
WHERE first.onec_id = later.onec_id AND ARRAY[later.file_no, later.position] > first.place;

UPDATE stg_price AS copy
SET retail_price = merged.retail_price, opt1_price = merged.opt1_price, opt2_price = merged.opt2_price,
    opt3_price = merged.opt3_price, trainer_price = merged.trainer_price,
    federation_price = merged.federation_price, rrp = merged.rrp, msrp = merged.msrp, unreadable = merged.unreadable
FROM (
    SELECT onec_id,
           (array_agg(retail_price ORDER BY file_no DESC, position DESC) FILTER (WHERE retail_price IS NOT NULL))[1] AS retail_price,
           (array_agg(opt1_price ORDER BY file_no DESC, position DESC) FILTER (WHERE opt1_price IS NOT NULL))[1] AS opt1_price,
           (array_agg(opt2_price ORDER BY file_no DESC, position DESC) FILTER (WHERE opt2_price IS NOT NULL))[1] AS opt2_price,
           (array_agg(opt3_price ORDER BY file_no DESC, position DESC) FILTER (WHERE opt3_price IS NOT NULL))[1] AS opt3_price,
           (array_agg(trainer_price ORDER BY file_no DESC, position DESC) FILTER (WHERE trainer_price IS NOT NULL))[1] AS trainer_price,
           (array_agg(federation_price ORDER BY file_no DESC, position DESC) FILTER (WHERE federation_price IS NOT NULL))[1] AS federation_price,
           (array_agg(rrp ORDER BY file_no DESC, position DESC) FILTER (WHERE rrp IS NOT NULL))[1] AS rrp,
           (array_agg(msrp ORDER BY file_no DESC, position DESC) FILTER (WHERE msrp IS NOT NULL))[1] AS msrp,
           string_agg(unreadable, ' ') AS unreadable
    FROM stg_price GROUP BY onec_id HAVING count(*) > 1
) AS merged
WHERE merged.onec_id = copy.onec_id;
DELETE FROM stg_price AS later
USING (SELECT onec_id, min(ARRAY[file_no, position]) AS place FROM stg_price GROUP BY onec_id HAVING count(*) > 1) AS first
WHERE first.onec_id = later.onec_id AND ARRAY[later.file_no, later.position] > first.place;

UPDATE stg_rest AS copy SET quantity = merged.quantity
FROM (
    SELECT onec_id, warehouse_onec_id, (array_agg(quantity ORDER BY file_no DESC, position DESC))[1] AS quantity
    FROM stg_rest GROUP BY onec_id, warehouse_onec_id HAVING count(*) > 1
) AS merged
WHERE merged.onec_id = copy.onec_id AND merged.warehouse_onec_id IS NOT DISTINCT FROM copy.warehouse_onec_id;
DELETE FROM stg_rest AS later
USING (
    SELECT onec_id, warehouse_onec_id, min(ARRAY[file_no, position]) AS place
    FROM stg_rest GROUP BY onec_id, warehouse_onec_id HAVING count(*) > 1
) AS first
WHERE first.onec_id = later.onec_id AND first.warehouse_onec_id IS NOT DISTINCT FROM later.warehouse_onec_id
  AND ARRAY[later.file_no, later.position] > first.place;
