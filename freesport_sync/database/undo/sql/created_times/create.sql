CREATE TEMP TABLE changed_time (
    table_name text NOT NULL, ord bigint NOT NULL, id bigint NOT NULL, before timestamptz, target timestamptz
) ON COMMIT DROP
