-- Attribute values to create, and values of 1C's dictionaries that the shop has already.
SELECT (SELECT count(*) FROM new_value) AS created,
       (SELECT count(DISTINCT value_no) FROM dictionary_value) - (SELECT count(*) FROM new_value WHERE NOT is_free) AS unchanged
