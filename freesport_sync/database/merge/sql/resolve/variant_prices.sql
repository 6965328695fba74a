-- Part of variants.sql: the prices of a variant after the run. A price missing from the files stays unless missing
-- prices are cleared (PRICE-3); an unreadable one stays in any case (NUMBER-2). `s` is the staged row, `v` the shop's.
SELECT coalesce(s.retail_price, v.retail_price, 0) AS retail_price,
       pg_temp.price_after(s.opt1_price, v.opt1_price, s.clears AND s.unreadable !~ 'opt1_price') AS opt1_price,
       pg_temp.price_after(s.opt2_price, v.opt2_price, s.clears AND s.unreadable !~ 'opt2_price') AS opt2_price,
       pg_temp.price_after(s.opt3_price, v.opt3_price, s.clears AND s.unreadable !~ 'opt3_price') AS opt3_price,
       pg_temp.price_after(s.trainer_price, v.trainer_price, s.clears AND s.unreadable !~ 'trainer_price') AS trainer_price,
       pg_temp.price_after(s.federation_price, v.federation_price, s.clears AND s.unreadable !~ 'federation_price')
           AS federation_price,
       pg_temp.price_after(s.rrp, v.rrp, s.clears AND s.unreadable !~ 'rrp') AS rrp,
       pg_temp.price_after(s.msrp, v.msrp, s.clears AND s.unreadable !~ 'msrp') AS msrp
