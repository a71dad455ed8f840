-- Who holds an advisory lock of two keys, which pg_locks has as classid and objid, with 2 as objsubid. Address, state
-- and times are NULL for a role that may not see them.
SELECT l.pid,
       coalesce(a.application_name, '') AS application_name,
       coalesce(a.usename::text, '') AS role,
       coalesce(host(a.client_addr), '') AS address,
       a.state,
       extract(epoch FROM clock_timestamp() - a.state_change)::float8 AS age_seconds
  FROM pg_locks AS l
  JOIN pg_stat_activity AS a ON a.pid = l.pid
 WHERE l.locktype = 'advisory'
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND l.classid = CAST(CAST(%(class)s AS bigint) AS oid)
   AND l.objid = CAST(CAST(%(key)s AS bigint) AS oid)
   AND l.objsubid = 2
   AND l.granted
