-- Insert the links that imports have removed.
INSERT INTO {table} ({owner}, attributevalue_id)
SELECT owner_id, value_id FROM link_difference
WHERE table_name = :table AND is_set_back AND NOT is_new ORDER BY 1, 2
ON CONFLICT DO NOTHING
