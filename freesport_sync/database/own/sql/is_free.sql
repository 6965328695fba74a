-- Whether nobody holds a lock of this database, nor waits for it ahead of the queue (a lock of two keys has objsubid 2).
SELECT NOT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid IN (:key1, :ahead_key1) AND objid = :key2
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)
