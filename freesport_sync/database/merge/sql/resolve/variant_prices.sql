-- Part of variants.sql: the prices of a variant after the run. A price missing from the files stays unless missing
-- prices are cleared (PRICE-3); an unreadable one stays in any case (NUMBER-2). `s` is the staged row, `v` the shop's.
SELECT coalesce(s.retail_price, v.retail_price, 0) AS retail_price,
       {optional}
