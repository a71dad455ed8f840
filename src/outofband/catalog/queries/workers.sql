-- Sessions that hold ShareUpdateExclusive on the tables: builds, drops and repairs, but not vacuum. Every role may
-- see these columns of another role's session (measured on 15, 17 and 18); relid and query it may not. The parallel
-- workers of a build hold the lock too, under its application_name: the build itself, which shows progress, comes first.
SELECT l.relation::bigint AS table_oid,
       l.pid,
       a.application_name,
       p.phase
  FROM pg_locks AS l
  JOIN pg_stat_activity AS a ON a.pid = l.pid
  LEFT JOIN pg_stat_progress_create_index AS p ON p.pid = l.pid
 WHERE l.locktype = 'relation'
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND l.mode = 'ShareUpdateExclusiveLock'
   AND l.granted
   AND l.pid <> pg_backend_pid()
   AND l.relation = ANY (CAST(%(tables)s AS bigint[]))
   AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum AS v WHERE v.pid = l.pid)
   AND NOT EXISTS (SELECT FROM pg_stat_progress_analyze AS z WHERE z.pid = l.pid)
 ORDER BY l.relation, p.pid IS NULL, l.pid
