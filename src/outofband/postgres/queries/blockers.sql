-- Whom a server process waits for: sessions, and prepared transactions, which have no process (pid 0). State, age and
-- query are NULL for a role that may not see them; names are always told (measured on 14 to 18).
WITH waiting AS (
    SELECT l.locktype, l.database, l.relation, l.transactionid
      FROM pg_locks AS l
     WHERE l.pid = CAST(%(pid)s AS int) AND NOT l.granted
)
SELECT a.pid,
       coalesce(a.application_name, '') AS application_name,
       coalesce(a.usename::text, '') AS role,
       a.state,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS age_seconds,
       nullif(a.query, '<insufficient privilege>') AS query,
       CAST(NULL AS text) AS gid,
       CASE WHEN (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN true
            WHEN (SELECT r.rolsuper FROM pg_roles AS r WHERE r.oid = a.usesysid) THEN false
            ELSE coalesce(pg_has_role(a.usesysid, 'USAGE'), false) OR pg_has_role('pg_signal_backend', 'USAGE')
        END AS signalled_by_us
  FROM (SELECT DISTINCT unnest(pg_blocking_pids(CAST(%(pid)s AS int)))) AS blocking(pid)
  JOIN pg_stat_activity AS a ON a.pid = blocking.pid
UNION ALL
SELECT 0, '', p.owner::text, 'prepared', extract(epoch FROM clock_timestamp() - p.prepared)::float8, NULL, p.gid,
       p.owner = current_user OR (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user)
  FROM pg_prepared_xacts AS p
 WHERE EXISTS (SELECT FROM waiting AS w WHERE w.transactionid = p.transaction)
    OR EXISTS (SELECT
                 FROM waiting AS w
                 JOIN pg_locks AS h ON h.locktype = w.locktype AND h.database = w.database AND h.relation = w.relation
                 JOIN pg_locks AS x ON x.transactionid = p.transaction AND x.virtualtransaction = h.virtualtransaction
                WHERE h.granted AND h.pid IS NULL AND x.pid IS NULL)
 ORDER BY 5 DESC NULLS LAST, 1
