-- Part of variants.sql: whether a variant is visible after the run, and whether we are the ones who hide it. `mv` is
-- the variant, `v` the shop's row, `p` its product, `m` the product in the files, `o` its offer, `live` an offer of its
-- product.
SELECT shown.is_active, gives_way.yes AS gives_way, hiding.is_hidden
-- Created by us or by the reference importer; its SKU has a suffix if the id is another variant's article.
FROM (SELECT v.onec_id = p.onec_id AND starts_with(v.sku, v.onec_id) AS yes) AS is_default
-- The product's own variant, whoever created it, gives way to those of its characteristics (DEFAULT-2, VARIANT-2).
CROSS JOIN LATERAL (
    SELECT coalesce(
        o.onec_id IS NULL AND v.id IS NOT NULL
        AND (own_row.onec_id IS NOT NULL
             OR (live.product_onec_id IS NOT NULL AND (is_default.yes OR (
                 split_part(v.onec_id, '#', 2) IN ('', '00000000-0000-0000-0000-000000000000')
                 AND split_part(v.onec_id, '#', 1) IN (p.onec_id, p.parent_onec_id))))), false) AS yes
) AS gives_way
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN o.onec_id IS NOT NULL THEN NOT o.is_deleted
        WHEN mv.is_default THEN true
        WHEN gives_way.yes THEN false
        -- It was hidden by undoing an import, and its product is exported again.
        WHEN undone.onec_id IS NOT NULL AND m.is_record AND live.product_onec_id IS NULL THEN true
        WHEN :is_full_variants AND NOT is_default.yes THEN false
        ELSE v.is_active
    END AS is_active
) AS shown
-- Hidden by us, now or before with new stock from 1C (HIDDEN-1); what an operator has hidden gets 1C's stock (HIDDEN-2).
CROSS JOIN LATERAL (
    SELECT NOT shown.is_active
           AND (o.onec_id IS NOT NULL OR gives_way.yes OR :is_full_variants
                OR (mv.has_rest AND (undone.onec_id IS NOT NULL OR noted.onec_id IS NOT NULL))) AS is_hidden
) AS hiding
