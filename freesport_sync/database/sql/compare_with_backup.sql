-- What the undoable runs since the backup have written, value by value: what was there before the first of them, and what
-- the last has written. A restore counts among them.
CREATE TEMP TABLE import_value ON COMMIT DROP AS
SELECT w.table_name, w.row_id, field.key AS field,
       (array_agg(w.before -> field.key ORDER BY w.run_id))[1] AS before,
       (array_agg(field.value ORDER BY w.run_id DESC))[1] AS written
FROM freesport_sync.written_values AS w CROSS JOIN LATERAL jsonb_each(w.written) AS field
WHERE w.run_id >= :since
GROUP BY w.table_name, w.row_id, field.key;
ANALYZE import_value;

CREATE TEMP TABLE difference (
    table_name text NOT NULL,
    entity text NOT NULL,
    row_id bigint NOT NULL,
    onec_id text,
    name text,
    field text NOT NULL,
    saved jsonb,
    current jsonb,
    -- What the shop had just before the first of the runs: not always what the backup has, for the shop sells meanwhile.
    target jsonb,
    is_set_back boolean NOT NULL,
    reason text NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE link_difference (
    table_name text NOT NULL,
    entity text NOT NULL,
    owner_id bigint NOT NULL,
    onec_id text,
    name text,
    value_id bigint NOT NULL,
    is_new boolean NOT NULL,
    is_set_back boolean NOT NULL
) ON COMMIT DROP
