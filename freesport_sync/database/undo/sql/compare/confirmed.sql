-- The shop has written a row since without changing what imports wrote: it has confirmed all of the row's values
-- (UNDO-2). Changing one value does not confirm the others, so these are reverted. Orders write only the stock and
-- leave `updated_at` alone: cancelling one confirms no prices.
WITH written AS (
    SELECT t.id, touched.yes AS is_saved, to_jsonb(row_now) AS now, to_jsonb(row_then) AS saved
    FROM {table} AS t
    JOIN {backup} AS b ON b.id = t.id
    CROSS JOIN LATERAL (SELECT {t.columns}) AS row_now
    CROSS JOIN LATERAL (SELECT {b.columns}) AS row_then
    CROSS JOIN LATERAL {is_touched} AS touched
    WHERE t.id IN (SELECT row_id FROM difference WHERE table_name = :table AND is_set_back)
      AND (touched.yes
           OR (t.xmin::text::bigint NOT IN (SELECT merged_xid FROM our_write) AND NOT EXISTS (SELECT FROM unmarked_run)))
),
explained AS (
    SELECT w.id
    FROM written AS w CROSS JOIN LATERAL jsonb_each(w.now) AS field
    LEFT JOIN import_value AS v ON v.table_name = :table AND v.row_id = w.id AND v.field = field.key
    -- What a run of stocks has changed since explains nothing; what it has found is known.
    LEFT JOIN confirmed_value AS s
        ON s.table_name = :table AND s.row_id = w.id AND s.field = '+' || field.key
           AND s.run_id > coalesce(v.last_run, 0)
    WHERE field.value IS DISTINCT FROM coalesce(v.written, w.saved -> field.key) AND s.row_id IS NULL
      AND field.key NOT IN ('created_at', 'updated_at', 'last_sync_at', 'sync_status')
)
UPDATE difference AS d SET is_set_back = false, reason = 'confirmed'
FROM written AS w
WHERE d.table_name = :table AND d.row_id = w.id AND d.is_set_back AND w.id NOT IN (SELECT id FROM explained)
  AND (w.is_saved OR d.table_name <> 'product_variants' OR d.field = 'stock_quantity')
