-- One issue per missing product, however many offers it has.
SELECT DISTINCT ON (o.product_onec_id) o.file_no, o.line, o.onec_id, o.name, o.article,
       o.product_onec_id AS value
FROM stg_offer AS o
JOIN map_product AS m ON m.onec_id = o.product_onec_id
WHERE m.product_id IS NULL AND NOT m.is_record AND NOT (o.is_deleted AND o.name IS NULL)
ORDER BY o.product_onec_id, o.file_no, o.position
