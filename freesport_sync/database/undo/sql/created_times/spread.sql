-- Each row gets its own time or, where that is not later than the row before has got, the next microsecond: the order stays,
-- and nobody's time is taken. `created_at - place` never falls where all times are distinct.
SELECT id, created_at AS before, target
FROM (
    SELECT id, created_at,
           max(created_at - place * interval '1 microsecond') OVER (ORDER BY place)
               + place * interval '1 microsecond' AS target
    FROM (
        SELECT id, created_at, row_number() OVER (ORDER BY created_at, id) AS place
        FROM {table} WHERE isfinite(created_at)
    ) AS placed
) AS spread
WHERE target <> created_at
