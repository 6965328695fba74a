INSERT INTO {noted}
SELECT t.id, t.xmin::text::bigint, {t.columns} FROM {table} AS t WHERE t.id IN {ids} ORDER BY t.id FOR UPDATE
