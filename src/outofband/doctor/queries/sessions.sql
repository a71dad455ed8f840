-- Sessions by their process. State and age are NULL for a role that may not see them.
SELECT a.pid,
       coalesce(a.application_name, '') AS application_name,
       coalesce(a.usename::text, '') AS role,
       coalesce(a.state, '') AS state,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS age_seconds
  FROM pg_stat_activity AS a
 WHERE a.pid = ANY (CAST(%(pids)s AS int[]))
