-- Part of variants.sql: the rate of the warehouse that sells a variant takes precedence over that of its product
-- (VAT-2).
SELECT CASE
           WHEN v.id IS NOT NULL AND NOT :owns_vat_rate THEN v.vat_rate
           WHEN v.id IS NULL OR o.onec_id IS NOT NULL OR mv.has_rest OR m.is_record
               THEN coalesce(rule.vat_rate, CASE WHEN :owns_vat_rate OR p.id IS NULL THEN m.vat_rate END, p.vat_rate,
                             v.vat_rate)
           ELSE v.vat_rate
       END AS vat_rate
