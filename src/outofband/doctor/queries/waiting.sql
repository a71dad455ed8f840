-- The sessions of this database that wait for a lock, and for whom. Who waits and who is in the way every role may see;
-- since when only from 14 on in pg_locks, and the state of whoever is in the way with pg_read_all_stats alone.
SELECT l.pid,
       l.mode,
       CASE WHEN l.relation IS NOT NULL THEN l.relation::regclass::text END AS relation,
       extract(epoch FROM clock_timestamp() - l.waitstart)::float8 AS seconds,
       pg_blocking_pids(l.pid) AS blockers
  FROM pg_locks AS l
 WHERE NOT l.granted
   AND l.locktype <> 'virtualxid'
   AND (l.database IS NULL OR l.database = 0
        OR l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()))
 ORDER BY 4 DESC NULLS LAST, 1
