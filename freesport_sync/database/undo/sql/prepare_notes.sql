CREATE TEMP TABLE {noted} ON COMMIT DROP AS
SELECT t.id, t.xmin::text::bigint AS writer, {t.columns} FROM {table} AS t WHERE :is_small
