-- RESOLVE of the values that the shop filters by, including colour and size of variants.

-- Colours and sizes that variants have only as a text.
UPDATE shown_text AS t SET value_no = v.id FROM product_attribute_values AS v
WHERE v.attribute_id = t.attribute_no AND v.normalized_value = t.normalized_value;
UPDATE shown_text AS t SET value_no = n.value_no FROM new_value AS n
WHERE t.value_no IS NULL AND n.attribute_no = t.attribute_no AND n.normalized_value = t.normalized_value;
INSERT INTO new_value (value_no, attribute_no, value, normalized_value, slug, is_free, ord)
SELECT least((SELECT min(value_no) FROM new_value), 0) - place, attribute_no, text, normalized_value, slug, true,
       coalesce((SELECT max(ord) FROM new_value), 0) + place
FROM (
    SELECT first.*, row_number() OVER (ORDER BY column_name, text COLLATE "C")::integer AS place
    FROM (
        SELECT DISTINCT ON (attribute_no, normalized_value) * FROM shown_text WHERE value_no IS NULL
        ORDER BY attribute_no, normalized_value, column_name, text COLLATE "C"
    ) AS first
) AS numbered;
UPDATE shown_text AS t SET value_no = n.value_no FROM new_value AS n
WHERE t.value_no IS NULL AND n.attribute_no = t.attribute_no AND n.normalized_value = t.normalized_value;

CREATE TEMP TABLE filter_value ON COMMIT DROP AS
SELECT v.id AS value_no FROM product_attribute_values AS v JOIN filter_attribute AS f ON f.attribute_no = v.attribute_id
UNION ALL
SELECT n.value_no FROM new_value AS n JOIN filter_attribute AS f ON f.attribute_no = n.attribute_no;
ANALYZE filter_value
