-- One issue per value, however often it is used and by however many workers it was found.
SELECT DISTINCT ON (pair.property_name, pair.written)
    pair.file_no, pair.line, pair.onec_id, '' AS name, pair.written AS value, pair.property_name AS kept
FROM pair
WHERE pair.attribute_no IS NOT NULL AND pair.is_unknown
ORDER BY pair.property_name, pair.written, pair.file_no, pair.number
