-- A product in several groups goes to the first one that the shop has or gets: the others are outside the root category
-- (CATEGORY-7).
WITH usable AS (
    SELECT g.* FROM stg_product_group AS g JOIN map_category AS m ON m.onec_id = g.category_onec_id
),
first AS (SELECT DISTINCT ON (onec_id) * FROM usable ORDER BY onec_id, file_no, position, number),
last AS (SELECT DISTINCT ON (onec_id) * FROM usable ORDER BY onec_id, file_no DESC, position DESC, number)
UPDATE stg_product AS s
SET category_onec_id = CASE WHEN is_known.first THEN s.category_onec_id ELSE first.category_onec_id END,
    last_category_onec_id = CASE WHEN is_known.last THEN s.last_category_onec_id ELSE last.category_onec_id END
FROM first
JOIN last ON last.onec_id = first.onec_id
JOIN stg_product AS staged ON staged.onec_id = first.onec_id
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT 1 FROM map_category AS m WHERE m.onec_id = staged.category_onec_id) AS first,
           EXISTS (SELECT 1 FROM map_category AS m
                   WHERE m.onec_id = coalesce(staged.last_category_onec_id, staged.category_onec_id)) AS last
) AS is_known
WHERE s.onec_id = first.onec_id
