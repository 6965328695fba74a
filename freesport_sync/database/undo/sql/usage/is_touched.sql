SELECT t.updated_at NOT IN (SELECT merged_at FROM our_write) AS yes
