-- Part of variants.sql: the SKU that a variant gets; NULL keeps the current one. ART, ART-1 and ART-2 all belong to the
-- article ART (VARIANT-4): only another article changes the SKU. A long article is cut to leave room for the number,
-- see rules/unique_names.py.
SELECT CASE
           WHEN mv.is_default THEN mv.onec_id
           WHEN v.id IS NULL THEN coalesce(o.article, 'SKU-' || left(mv.onec_id, 8))
           WHEN o.article <> v.sku
               AND v.sku IS DISTINCT FROM left(o.article, 100 - length(number.suffix)) || number.suffix THEN o.article
       END AS wanted_sku
FROM (SELECT substring(v.sku FROM '-[0-9]+$') AS suffix) AS number
