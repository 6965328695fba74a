-- Who holds which of our locks in this database (a lock of two keys has objsubid 2).
SELECT l.pid, CAST(l.objid AS bigint) AS key2, host(a.client_addr) AS address, a.backend_start
FROM pg_locks AS l
LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid = :key1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
