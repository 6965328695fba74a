-- One issue per property, however often it is used and by however many workers it was found.
SELECT DISTINCT ON (pair.property_name)
    pair.file_no, pair.line, pair.onec_id, '' AS name, pair.property_name AS value
FROM pair
WHERE pair.attribute_no IS NULL
ORDER BY pair.property_name, pair.file_no, pair.number
