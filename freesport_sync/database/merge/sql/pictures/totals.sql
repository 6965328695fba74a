-- Each file name of an object counts once.
SELECT coalesce(max(object_no), 0) AS objects, count(object_no) AS pictures,
       count(DISTINCT (owner, onec_id, file_name)) FILTER (WHERE is_known AND object_no IS NULL) AS settled,
       count(DISTINCT (owner, onec_id, file_name)) FILTER (WHERE NOT is_known) AS ownerless
FROM (SELECT *, substring(path FROM '[^/]*$') AS file_name FROM found_picture) AS picture
