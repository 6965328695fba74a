-- What the undoable runs since the backup have written, value by value: what was there before them, and what the last has
-- written. A restore counts among them. Where the shop has changed a value between two runs, it counts from there on: what
-- the shop wrote is what was there. A link is a value as well: it is there or not.
CREATE TEMP TABLE import_value ON COMMIT DROP AS
WITH step AS (
    SELECT w.run_id, w.table_name, w.row_id, field.key AS field, w.before -> field.key AS before, field.value AS written
    FROM freesport_sync.written_values AS w CROSS JOIN LATERAL jsonb_each(w.written) AS field
    WHERE w.run_id >= :since AND field.key <> 'attributevalue_id'
    UNION ALL
    SELECT w.run_id, w.table_name, w.row_id, link.value #>> '{}', to_jsonb(NOT link.is_made), to_jsonb(link.is_made)
    FROM freesport_sync.written_values AS w
    CROSS JOIN LATERAL (SELECT w.before -> 'attributevalue_id' AS before, w.written -> 'attributevalue_id' AS written) AS links
    CROSS JOIN LATERAL (
        SELECT value, true AS is_made FROM jsonb_array_elements(links.written) WHERE NOT links.before @> value
        UNION ALL
        SELECT value, false FROM jsonb_array_elements(links.before) WHERE NOT links.written @> value
    ) AS link
    WHERE w.run_id >= :since AND links.written IS NOT NULL
)
SELECT table_name, row_id, field,
       (array_agg(before ORDER BY run_id DESC) FILTER (WHERE before IS DISTINCT FROM left_by_run_before))[1] AS before,
       (array_agg(written ORDER BY run_id DESC))[1] AS written
FROM (
    SELECT *, lag(written) OVER (PARTITION BY table_name, row_id, field ORDER BY run_id) AS left_by_run_before FROM step
) AS step
GROUP BY table_name, row_id, field;
ANALYZE import_value;

-- A value for people: a number of a category or brand says nothing to them.
CREATE OR REPLACE FUNCTION pg_temp.shown(field text, value jsonb) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN field IN ('category_id', 'parent_id')
            THEN (SELECT coalesce(max(name), value #>> '{}') FROM categories WHERE id = (value #>> '{}')::bigint)
        WHEN field = 'brand_id'
            THEN (SELECT coalesce(max(name), value #>> '{}') FROM brands WHERE id = (value #>> '{}')::bigint)
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
