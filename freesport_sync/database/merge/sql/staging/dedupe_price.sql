-- Folds repeated records into one each, see dedupe_product.sql. An unreadable price counts as the latest one, too
-- (NUMBER-4). If several price types map to one column, prices of the first type (rank) take precedence.
UPDATE stg_price AS copy
SET ({columns}) = ROW ({merged.columns}), unreadable = merged.unreadable
FROM (
    SELECT onec_id,
           {latest},
           string_agg(unreadable, ' ') AS unreadable
    FROM stg_price GROUP BY onec_id HAVING count(*) > 1
) AS merged
WHERE merged.onec_id = copy.onec_id;
DELETE FROM stg_price AS later
USING (SELECT onec_id, min(ARRAY[file_no, position, rank]) AS place FROM stg_price GROUP BY onec_id HAVING count(*) > 1) AS first
WHERE first.onec_id = later.onec_id AND ARRAY[later.file_no, later.position, later.rank] > first.place;
