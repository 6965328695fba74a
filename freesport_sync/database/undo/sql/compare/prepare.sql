-- Values that 1C has confirmed since in runs that are never undone, and the last such run. It may have written the very
-- value to be undone, or found it unchanged: either way the value is newer (UNDO-1).
CREATE TEMP TABLE confirmed_value ON COMMIT DROP AS
SELECT c.table_name, row_id, field, max(c.run_id) AS run_id
FROM freesport_sync.confirmed_values AS c, unnest(c.ids) AS part,
     generate_series(lower(part), upper(part) - 1) AS row_id, unnest(c.fields) AS field
WHERE c.run_id > :since
GROUP BY 1, 2, 3;
ANALYZE confirmed_value;

CREATE TEMP TABLE created_row ON COMMIT DROP AS
SELECT c.run_id, c.table_name, row_id, c.is_shown
FROM freesport_sync.created_rows AS c, unnest(c.ids) AS part, generate_series(lower(part), upper(part) - 1) AS row_id;
ANALYZE created_row;

-- Our transactions, by which the last writer of a row is known; older versions of the program did not store them.
CREATE TEMP TABLE our_write ON COMMIT DROP AS
SELECT merged_at, coalesce(merged_xid, 0) AS merged_xid FROM freesport_sync.runs WHERE merged_at IS NOT NULL;
CREATE TEMP TABLE unmarked_run ON COMMIT DROP AS
SELECT id FROM freesport_sync.runs WHERE id >= :since AND merged_at IS NOT NULL AND merged_xid IS NULL;

-- What the undoable runs since the backup have written: each value before them and as the last one wrote it. Restores
-- count as well, and so do inserts: before one, the row was not shown. If the shop has changed a value between two runs, or
-- 1C has confirmed it in a run that is never undone, only later runs count, and the value reverts to what it was then.
-- A link is a value as well: it exists or not.
CREATE TEMP TABLE import_value ON COMMIT DROP AS
WITH step AS (
    SELECT w.run_id, w.table_name, w.row_id, field.key AS field, field.key AS confirmed_as,
           w.before -> field.key AS before, field.value AS written, false AS is_making
    FROM freesport_sync.written_values AS w CROSS JOIN LATERAL jsonb_each(w.written) AS field
    WHERE w.run_id >= :since AND field.key <> 'attributevalue_id'
    UNION ALL
    SELECT w.run_id, w.table_name, w.row_id, link.value #>> '{}', 'attributevalue_id',
           to_jsonb(NOT link.is_made), to_jsonb(link.is_made), false
    FROM freesport_sync.written_values AS w
    CROSS JOIN LATERAL (SELECT w.before -> 'attributevalue_id' AS before, w.written -> 'attributevalue_id' AS written) AS links
    CROSS JOIN LATERAL (
        SELECT value, true AS is_made FROM jsonb_array_elements(links.written) WHERE NOT links.before @> value
        UNION ALL
        SELECT value, false FROM jsonb_array_elements(links.before) WHERE NOT links.written @> value
    ) AS link
    WHERE w.run_id >= :since AND links.written IS NOT NULL
    UNION ALL
    SELECT run_id, table_name, row_id, 'is_active', 'is_active', 'false', to_jsonb(is_shown), true FROM created_row
    WHERE run_id >= :since
)
SELECT table_name, row_id, field,
       (array_agg(before ORDER BY run_id DESC) FILTER (WHERE begins))[1] AS before,
       (array_agg(written ORDER BY run_id DESC))[1] AS written,
       -- What was undone once is not undone again, whatever happened to it since.
       coalesce(max(run_id) FILTER (WHERE is_live) >= max(run_id) FILTER (WHERE begins), false) AS is_live,
       CASE WHEN max(confirmed_by) > max(run_id) THEN max(confirmed_by) END AS newer_run,
       (array_agg(is_making ORDER BY run_id DESC) FILTER (WHERE begins))[1] AS is_made,
       max(run_id) AS last_run
FROM (
    SELECT step.*, s.run_id AS confirmed_by, r.is_undoable AND r.undone_by IS NULL AS is_live,
           before IS DISTINCT FROM lag(written) OVER value
               OR (s.run_id > lag(step.run_id) OVER value AND s.run_id < step.run_id) AS begins
    FROM step
    JOIN freesport_sync.runs AS r ON r.id = step.run_id
    LEFT JOIN confirmed_value AS s
        ON s.table_name = step.table_name AND s.row_id = step.row_id AND s.field = step.confirmed_as
    WINDOW value AS (PARTITION BY step.table_name, step.row_id, step.field ORDER BY step.run_id)
) AS step
GROUP BY table_name, row_id, field;
ANALYZE import_value;

-- A value for display: with names in place of the ids of categories and brands.
CREATE OR REPLACE FUNCTION pg_temp.shown(field text, value jsonb) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN field IN ('category_id', 'parent_id')
            THEN (SELECT coalesce(max(name), value #>> '{}') FROM categories WHERE id = (value #>> '{}')::bigint)
        WHEN field = 'brand_id'
            THEN (SELECT coalesce(max(name), value #>> '{}') FROM brands WHERE id = (value #>> '{}')::bigint)
        WHEN field = 'onec_brand_id'
            THEN (SELECT coalesce(max(onec_name), value #>> '{}') FROM products_brand_1c_mapping WHERE onec_id = value #>> '{}')
        ELSE value #>> '{}' END
$$;

CREATE TEMP TABLE difference (
    table_name text NOT NULL,
    entity text NOT NULL,
    row_id bigint NOT NULL,
    onec_id text,
    name text,
    field text NOT NULL,
    saved jsonb,
    current jsonb,
    -- The shop's value before the first of the runs: not always the backup's, because the shop sells meanwhile.
    target jsonb,
    is_set_back boolean NOT NULL,
    reason text NOT NULL,
    -- The run that has confirmed it since, or the sign that the shop uses it.
    because text
) ON COMMIT DROP;
CREATE TEMP TABLE link_difference (
    table_name text NOT NULL,
    entity text NOT NULL,
    owner_id bigint NOT NULL,
    onec_id text,
    name text,
    value_id bigint NOT NULL,
    is_new boolean NOT NULL,
    is_set_back boolean NOT NULL,
    newer_run bigint
) ON COMMIT DROP;
-- Rows that imports have inserted, or shown again after an undo had hidden them: to be hidden unless the shop uses them.
CREATE TEMP VIEW row_to_hide AS
SELECT table_name, row_id FROM difference WHERE reason IN ('created', 'shown') AND is_set_back;
CREATE TEMP TABLE sign_of_use (row_id bigint NOT NULL, sign text NOT NULL) ON COMMIT DROP
