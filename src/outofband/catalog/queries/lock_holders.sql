-- Who holds locks of these modes on tables that are named, or whose index is, longest first. State and age are NULL for
-- a role that may not see them.
SELECT a.pid,
       coalesce(a.application_name, '') AS application_name,
       coalesce(a.usename::text, '') AS role,
       a.state,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS age_seconds
  FROM pg_stat_activity AS a
 WHERE a.pid <> pg_backend_pid()
   AND EXISTS (SELECT
                 FROM pg_locks AS l
                 JOIN unnest(CAST(%(names)s AS text[]), CAST(%(modes)s AS text[])) AS asked(name, mode)
                   ON l.mode = asked.mode
                 JOIN pg_class AS c ON c.oid = to_regclass(asked.name)
                 LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
                WHERE l.pid = a.pid
                  AND l.granted
                  AND l.locktype = 'relation'
                  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                  AND l.relation = coalesce(i.indrelid, c.oid))
 ORDER BY a.xact_start NULLS LAST, a.pid
 LIMIT 3
