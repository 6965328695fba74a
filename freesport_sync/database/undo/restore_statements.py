"""The statements of a restore, one for each table: what is compared, what goes back, and what must stay for it."""

from __future__ import annotations

from freesport_sync.database.undo.restorable import (
    VALUE,
    Links,
    Restorable,
    backup_columns,
)


def locked(one: Restorable) -> str:
    """Lock what imports have written."""
    table = one.table.name
    return f"""
        SELECT count(*) FROM (
            SELECT t.id FROM {table} AS t
            WHERE t.id IN (SELECT row_id FROM import_value WHERE table_name = '{table}') ORDER BY t.id FOR UPDATE
        ) AS locked
    """


def differing(one: Restorable) -> str:
    """What is different from the backup or was written by imports, value by value."""
    table, saved, current = one.table.name, one.listed("b"), one.listed("t")
    return f"""
        INSERT INTO difference
        SELECT '{table}', '{one.entity.value}', t.id, {one.onec_id}, {one.name}, field.key,
               row.saved -> field.key, field.value, v.before,
               goes.back,
               CASE WHEN newer.run IS NOT NULL THEN 'newer'
                    WHEN v.row_id IS NULL OR v.before = field.value THEN 'shop' ELSE 'after_import' END,
               newer.run::text
        FROM backup_{table} AS b
        JOIN {table} AS t ON t.id = b.id AND (
            ROW ({saved}) IS DISTINCT FROM ROW ({current})
            -- An import may have written just what the backup has, over what the shop had done meanwhile.
            OR t.id IN (SELECT row_id FROM import_value WHERE table_name = '{table}'))
        CROSS JOIN LATERAL (
            SELECT to_jsonb(s) AS saved, to_jsonb(c) AS current
            FROM (SELECT {saved}) AS s, (SELECT {current}) AS c OFFSET 0
        ) AS row
        CROSS JOIN LATERAL jsonb_each(row.current) AS field
        LEFT JOIN import_value AS v ON v.table_name = '{table}' AND v.row_id = t.id AND v.field = field.key
        LEFT JOIN spoken_value AS s ON s.table_name = '{table}' AND s.row_id = t.id AND s.field = field.key
        CROSS JOIN LATERAL (SELECT CASE WHEN v.row_id IS NULL THEN s.run_id ELSE v.newer_run END AS run) AS newer
        CROSS JOIN LATERAL (
            SELECT coalesce(v.written = field.value AND v.before <> field.value AND v.is_live, false)
                   AND newer.run IS NULL AS back
        ) AS goes
        WHERE field.value IS DISTINCT FROM row.saved -> field.key OR goes.back
    """


def confirmed(one: Restorable) -> str:
    """The shop has written a row since, and nothing in it is different for that: somebody has confirmed what it has.

    Who changes one value need not have looked at the others, so these go back. Orders write the stock only, past the
    time of the last change: one that is cancelled says nothing of the prices.
    """
    table, columns = one.table.name, backup_columns(one.table)
    listed = {alias: ", ".join(f"{alias}.{column}" for column in columns) for alias in ("b", "t")}
    touched = "t.updated_at <> b.updated_at AND t.updated_at NOT IN (SELECT merged_at FROM our_write)"
    stirred = "t.xmin::text::bigint NOT IN (SELECT merged_xid FROM our_write) AND NOT EXISTS (SELECT FROM unmarked_run)"
    is_saved = touched if one.is_touched else "false"
    return f"""
        WITH written AS (
            SELECT t.id, {is_saved} AS is_saved, to_jsonb(row_now) AS now, to_jsonb(row_then) AS saved
            FROM {table} AS t JOIN backup_{table} AS b ON b.id = t.id
            CROSS JOIN LATERAL (SELECT {listed["t"]}) AS row_now CROSS JOIN LATERAL (SELECT {listed["b"]}) AS row_then
            WHERE t.id IN (SELECT row_id FROM difference WHERE table_name = '{table}' AND is_set_back)
              AND ({is_saved} OR ({stirred}))
        ),
        explained AS (
            SELECT w.id
            FROM written AS w CROSS JOIN LATERAL jsonb_each(w.now) AS field
            LEFT JOIN import_value AS v ON v.table_name = '{table}' AND v.row_id = w.id AND v.field = field.key
            -- What a run of stocks has changed since explains nothing; what it has found is known.
            LEFT JOIN spoken_value AS s
                ON s.table_name = '{table}' AND s.row_id = w.id AND s.field = '+' || field.key
                   AND s.run_id > coalesce(v.last_run, 0)
            WHERE field.value IS DISTINCT FROM coalesce(v.written, w.saved -> field.key) AND s.row_id IS NULL
              AND field.key NOT IN ('created_at', 'updated_at', 'last_sync_at', 'sync_status')
        )
        UPDATE difference AS d SET is_set_back = false, reason = 'confirmed'
        FROM written AS w
        WHERE d.table_name = '{table}' AND d.row_id = w.id AND d.is_set_back AND w.id NOT IN (SELECT id FROM explained)
          AND (w.is_saved OR d.table_name <> 'product_variants' OR d.field = 'stock_quantity')
    """


def vanished(one: Restorable) -> str:
    """What the backup has and the shop has not any more."""
    table = one.table.name
    return f"""
        INSERT INTO difference
        SELECT '{table}', '{one.entity.value}', t.id, {one.onec_id}, {one.name}, '',
               NULL, NULL, NULL, false, 'vanished', NULL
        FROM backup_{table} AS t
        WHERE NOT EXISTS (SELECT FROM {table} AS now WHERE now.id = t.id)
    """


def created(one: Restorable) -> str:
    """A row that is not in the backup and that imports have made and shown; after them somebody may have shown it."""
    table = one.table.name
    return f"""
        INSERT INTO difference
        SELECT '{table}', '{one.entity.value}', t.id, {one.onec_id}, {one.name},
               'is_active', 'false', 'true', 'false', goes.back,
               CASE WHEN goes.back AND v.is_made THEN 'created'
                    WHEN v.newer_run IS NULL THEN 'after_import' ELSE 'newer' END,
               v.newer_run::text
        FROM {table} AS t
        JOIN import_value AS v ON v.table_name = '{table}' AND v.row_id = t.id AND v.field = 'is_active'
        CROSS JOIN LATERAL (
            SELECT v.written = 'true' AND v.before = 'false' AND v.is_live AND v.newer_run IS NULL AS back
        ) AS goes
        WHERE t.is_active AND t.id IN (SELECT row_id FROM created_row WHERE table_name = '{table}')
          AND NOT EXISTS (SELECT FROM backup_{table} AS b WHERE b.id = t.id)
    """


def shown_again(one: Restorable) -> str:
    """What an import has shown after an undo had hidden it is as if that import had made it."""
    table = one.table.name
    return f"""
        UPDATE difference AS d SET reason = 'shown'
        WHERE d.table_name = '{table}' AND d.field = 'is_active' AND d.target = 'false' AND d.is_set_back
          AND d.reason <> 'created'
          AND EXISTS (
              SELECT FROM freesport_sync.runs AS r
              JOIN freesport_sync.written_values AS w
                  ON w.run_id = r.id AND w.table_name = '{table}' AND w.row_id = d.row_id
              WHERE r.kind = 'restore' AND w.written -> 'is_active' = 'false')
    """


def gone(one: Restorable, field: str, referred: str) -> str:
    """What a value would refer to is not there any more."""
    return f"""
        UPDATE difference AS d SET is_set_back = false, reason = 'gone'
        WHERE d.table_name = '{one.table.name}' AND d.field = '{field}' AND d.is_set_back AND d.target <> 'null'
          AND NOT EXISTS (SELECT FROM {referred} AS o WHERE o.id = (d.target #>> '{{}}')::bigint)
    """


def taken(one: Restorable, field: str) -> str:
    """Somebody has the value and keeps it, or is to get it as well."""
    return f"""
        WITH moving AS (
            SELECT row_id, target #>> '{{}}' AS wanted, row_number() OVER (PARTITION BY target ORDER BY row_id) AS place
            FROM difference WHERE table_name = '{one.table.name}' AND field = '{field}' AND is_set_back
        )
        UPDATE difference AS d SET is_set_back = false, reason = 'taken'
        FROM moving AS m LEFT JOIN {one.table.name} AS o ON o.{field} = m.wanted AND o.id <> m.row_id
            AND o.id NOT IN (SELECT row_id FROM moving)
        WHERE d.table_name = '{one.table.name}' AND d.field = '{field}' AND d.row_id = m.row_id
          AND m.wanted IS NOT NULL AND (o.id IS NOT NULL OR m.place > 1)
    """


def about_to_change(one: Restorable) -> str:
    """Ids and last writers of the rows that go back."""
    return f"""
        SELECT t.id, t.xmin::text::bigint FROM {one.table.name} AS t
        WHERE t.id IN (SELECT row_id FROM difference WHERE table_name = '{one.table.name}' AND is_set_back)
    """


def parked(one: Restorable, field: str) -> str:
    """Two rows may exchange a value that only one can have: it is out of the way until both get theirs."""
    return f"""
        UPDATE {one.table.name} AS t SET {field} = 'freesport_sync-' || t.id
        FROM difference AS d JOIN difference AS wanting
            ON wanting.table_name = d.table_name AND wanting.field = d.field AND wanting.is_set_back
               AND wanting.target = d.current
        WHERE d.table_name = '{one.table.name}' AND d.field = '{field}' AND d.is_set_back AND t.id = d.row_id
    """


def set_back(one: Restorable) -> str:
    """Write all that goes back into the rows of a table."""
    table = one.table.name
    touched = ", updated_at = now()" if one.is_touched else ""
    return f"""
        UPDATE {table} AS t
        SET ({", ".join(one.columns)}) = (
            SELECT {one.listed("r")} FROM jsonb_populate_record(t, d.fields) AS r){touched}
        FROM (
            SELECT row_id, jsonb_object_agg(field, target) AS fields FROM difference
            WHERE table_name = '{table}' AND is_set_back GROUP BY row_id
        ) AS d
        WHERE t.id = d.row_id
    """


def differing_links(links: Links) -> str:
    """The links that the shop or the backup has and the other one has not."""
    table, owner, owners, entity = links.table.name, links.owner, links.owners, links.entity.value
    sums = f"count(*) AS links, bit_xor(hashint8extended({VALUE}, 0)) AS hash"
    return f"""
        -- Of nearly every owner nothing differs, and a sum of all its links is compared sooner than each of them.
        WITH suspect AS (
            SELECT {owner}
            FROM (SELECT {owner}, {sums} FROM {table} GROUP BY {owner}) AS c
            FULL JOIN (SELECT {owner}, {sums} FROM backup_{table} GROUP BY {owner}) AS s USING ({owner})
            WHERE (c.links, c.hash) IS DISTINCT FROM (s.links, s.hash)
        )
        INSERT INTO link_difference
        SELECT '{table}', '{entity}', pair.owner_id, {owners.onec_id}, {owners.name}, pair.value_id, pair.is_new,
               coalesce(v.written = to_jsonb(pair.is_new) AND v.before <> v.written AND v.is_live, false)
               AND newer.run IS NULL
               AND EXISTS (SELECT FROM product_attribute_values AS a WHERE a.id = pair.value_id),
               newer.run
        FROM (
            SELECT coalesce(c.{owner}, s.{owner}) AS owner_id, coalesce(c.{VALUE}, s.{VALUE}) AS value_id,
                   c.id IS NOT NULL AS is_new
            FROM (SELECT l.* FROM {table} AS l JOIN suspect USING ({owner})) AS c
            FULL JOIN (SELECT l.* FROM backup_{table} AS l JOIN suspect USING ({owner})) AS s USING ({owner}, {VALUE})
            WHERE c.id IS NULL OR s.id IS NULL
        ) AS pair
        JOIN {owners.table.name} AS t ON t.id = pair.owner_id
        JOIN backup_{owners.table.name} AS b ON b.id = pair.owner_id
        LEFT JOIN import_value AS v
            ON v.table_name = '{table}' AND v.row_id = pair.owner_id AND v.field = pair.value_id::text
        LEFT JOIN spoken_value AS said
            ON said.table_name = '{table}' AND said.row_id = pair.owner_id AND said.field = '{VALUE}'
        CROSS JOIN LATERAL (SELECT CASE WHEN v.row_id IS NULL THEN said.run_id ELSE v.newer_run END AS run) AS newer
    """


def links_removed(links: Links) -> str:
    """Remove the links that imports have made."""
    table, owner = links.table.name, links.owner
    return f"""
        DELETE FROM {table} AS l USING link_difference AS d
        WHERE d.table_name = '{table}' AND d.is_set_back AND d.is_new
          AND l.{owner} = d.owner_id AND l.{VALUE} = d.value_id
    """


def links_made(links: Links) -> str:
    """Make the links again that imports have removed."""
    table, owner = links.table.name, links.owner
    return f"""
        INSERT INTO {table} ({owner}, {VALUE})
        SELECT owner_id, value_id FROM link_difference
        WHERE table_name = '{table}' AND is_set_back AND NOT is_new ORDER BY 1, 2
        ON CONFLICT DO NOTHING
    """
