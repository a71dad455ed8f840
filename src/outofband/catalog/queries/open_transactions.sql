-- The transactions that a build on the tables waits for: those that hold a snapshot in this database, and those whose
-- lock on a table conflicts with SHARE. Snapshots and locks are seen by every role, state and age are not (measured on
-- 14 and 18). VACUUM is not waited for, since its snapshot does not count (PostgreSQL 18, Building Indexes Concurrently).
SELECT a.pid,
       coalesce(a.application_name, '') AS application_name,
       coalesce(a.usename::text, '') AS role,
       coalesce(a.state, '') AS state,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS age_seconds,
       locking.pid IS NOT NULL AS locks
  FROM pg_stat_activity AS a
  LEFT JOIN (SELECT DISTINCT l.pid
               FROM pg_locks AS l
              WHERE l.relation = ANY (CAST(%(tables)s AS bigint[]))
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND l.granted
                AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'ShareLock', 'SIReadLock')
            ) AS locking ON locking.pid = a.pid
 WHERE a.datname = current_database()
   AND a.pid <> pg_backend_pid()
   AND (a.backend_xmin IS NOT NULL OR locking.pid IS NOT NULL)
   AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum AS v WHERE v.pid = a.pid)
 ORDER BY a.xact_start NULLS LAST, a.pid
