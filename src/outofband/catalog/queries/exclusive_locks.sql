-- Who has the table, index or view of a user exclusively, or waits to, so that nobody else may so much as look at it: what
-- is had first, then longest first. State and age are NULL for a role that may not see them.
SELECT l.relation::regclass::text AS relation,
       l.granted,
       pg_blocking_pids(a.pid) AS behind,
       a.pid,
       coalesce(a.application_name, '') AS application_name,
       coalesce(a.usename::text, '') AS role,
       a.state,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS age_seconds
  FROM pg_locks AS l
  JOIN pg_stat_activity AS a ON a.pid = l.pid
 WHERE l.locktype = 'relation'
   AND l.mode = 'AccessExclusiveLock'
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND l.relation >= 16384
   AND a.pid <> pg_backend_pid()
 ORDER BY l.granted DESC, a.xact_start NULLS LAST, a.pid
 LIMIT 3
