-- Whom a server process waits for; state and age are hidden from a role that may not see them.
SELECT a.pid,
       coalesce(a.application_name, '') AS application_name,
       coalesce(a.usename::text, '') AS role,
       coalesce(a.state, 'unknown state') AS state,
       coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float8 AS age_seconds
  FROM unnest(pg_blocking_pids(CAST(%(pid)s AS int))) AS blocking(pid)
  JOIN pg_stat_activity AS a ON a.pid = blocking.pid
