-- Who holds the import lock of this database (a lock of two keys has objsubid 2).
SELECT l.pid, host(a.client_addr) AS address, a.application_name, a.backend_start
FROM pg_locks AS l
LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
  AND l.classid = :key1 AND l.objid = :key2
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
