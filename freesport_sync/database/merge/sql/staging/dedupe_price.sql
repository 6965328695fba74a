-- Folds repeated records into one each, see dedupe_product.sql. An unreadable price counts as the latest one, too
-- (NUMBER-4). If several price types map to one column, prices of the first type (rank) take precedence.
UPDATE stg_price AS copy
SET retail_price = merged.retail_price, opt1_price = merged.opt1_price, opt2_price = merged.opt2_price,
    opt3_price = merged.opt3_price, trainer_price = merged.trainer_price,
    federation_price = merged.federation_price, rrp = merged.rrp, msrp = merged.msrp, unreadable = merged.unreadable
FROM (
    SELECT onec_id,
           (array_agg(retail_price ORDER BY rank, file_no DESC, position DESC) FILTER (WHERE retail_price IS NOT NULL OR unreadable ~ 'retail_price'))[1] AS retail_price,
           (array_agg(opt1_price ORDER BY rank, file_no DESC, position DESC) FILTER (WHERE opt1_price IS NOT NULL OR unreadable ~ 'opt1_price'))[1] AS opt1_price,
           (array_agg(opt2_price ORDER BY rank, file_no DESC, position DESC) FILTER (WHERE opt2_price IS NOT NULL OR unreadable ~ 'opt2_price'))[1] AS opt2_price,
           (array_agg(opt3_price ORDER BY rank, file_no DESC, position DESC) FILTER (WHERE opt3_price IS NOT NULL OR unreadable ~ 'opt3_price'))[1] AS opt3_price,
           (array_agg(trainer_price ORDER BY rank, file_no DESC, position DESC) FILTER (WHERE trainer_price IS NOT NULL OR unreadable ~ 'trainer_price'))[1] AS trainer_price,
           (array_agg(federation_price ORDER BY rank, file_no DESC, position DESC) FILTER (WHERE federation_price IS NOT NULL OR unreadable ~ 'federation_price'))[1] AS federation_price,
           (array_agg(rrp ORDER BY rank, file_no DESC, position DESC) FILTER (WHERE rrp IS NOT NULL OR unreadable ~ 'rrp'))[1] AS rrp,
           (array_agg(msrp ORDER BY rank, file_no DESC, position DESC) FILTER (WHERE msrp IS NOT NULL OR unreadable ~ 'msrp'))[1] AS msrp,
           string_agg(unreadable, ' ') AS unreadable
    FROM stg_price GROUP BY onec_id HAVING count(*) > 1
) AS merged
WHERE merged.onec_id = copy.onec_id;
DELETE FROM stg_price AS later
USING (SELECT onec_id, min(ARRAY[file_no, position, rank]) AS place FROM stg_price GROUP BY onec_id HAVING count(*) > 1) AS first
WHERE first.onec_id = later.onec_id AND ARRAY[later.file_no, later.position, later.rank] > first.place;
