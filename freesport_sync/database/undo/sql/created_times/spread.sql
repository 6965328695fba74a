-- Each row keeps its time or, if that is not later than the previous row's new time, gets the next microsecond: the
-- order stays, and no times collide. `created_at - place` never decreases where all times are distinct.
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
