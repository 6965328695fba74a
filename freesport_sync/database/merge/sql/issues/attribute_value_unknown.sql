-- One issue per value, whatever the number of its uses and of the workers that have met it.
SELECT DISTINCT ON (pair.property_name, pair.written)
    pair.file_no, pair.line, pair.onec_id, '' AS name, pair.written AS value, pair.property_name AS kept
FROM pair
WHERE pair.attribute_no IS NOT NULL AND pair.is_unknown
ORDER BY pair.property_name, pair.written, pair.file_no, pair.number
