SELECT t.updated_at <> b.updated_at AND t.updated_at NOT IN (SELECT merged_at FROM our_write) AS yes
