-- Whom a lock on the relations would wait for and, where older snapshots are waited for too, every transaction of this
-- database that has one; each with its virtual transaction, which is another when its session has begun a new one. A
-- prepared transaction has no process (pid 0) and no snapshot. An autovacuum gives its locks up when asked, and what a
-- serializable transaction has read is no lock. No snapshot of VACUUM counts, nor that of a concurrent build without
-- expressions and predicate (PostgreSQL 18, Building Indexes Concurrently); of a build that this role may not see it is
-- taken not to. State, age and query are NULL for a role that may not see them; locks and snapshots are always told
-- (measured on 14 to 18).
WITH here AS (
    SELECT oid FROM pg_database WHERE datname = current_database()
), holding AS (
    SELECT l.virtualtransaction, l.pid
      FROM pg_locks AS l
     WHERE l.locktype = 'relation'
       AND l.database = (SELECT oid FROM here)
       AND l.relation IN (SELECT to_regclass(name) FROM unnest(CAST(%(relations)s AS text[])) AS asked(name))
       AND l.granted
       AND l.mode <> 'SIReadLock'
       AND NOT EXISTS (SELECT FROM pg_stat_activity AS v WHERE v.pid = l.pid AND v.backend_type = 'autovacuum worker')
    UNION
    SELECT l.virtualtransaction, l.pid
      FROM pg_stat_activity AS a
      JOIN pg_locks AS l ON l.pid = a.pid AND l.locktype = 'virtualxid' AND l.virtualxid = l.virtualtransaction
     WHERE CAST(%(snapshots)s AS boolean)
       AND a.datid = (SELECT oid FROM here)
       AND a.backend_xmin IS NOT NULL
       AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum AS v WHERE v.pid = a.pid)
       AND NOT EXISTS (SELECT
                         FROM pg_stat_progress_create_index AS b
                         LEFT JOIN pg_index AS x ON x.indexrelid = b.index_relid
                        WHERE b.pid = a.pid AND x.indexprs IS NULL AND x.indpred IS NULL)
)
SELECT h.virtualtransaction AS transaction,
       a.pid,
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
  FROM holding AS h
  JOIN pg_stat_activity AS a ON a.pid = h.pid
 WHERE a.pid <> pg_backend_pid() AND a.leader_pid IS NULL
UNION ALL
SELECT h.virtualtransaction, 0, '', p.owner::text, 'prepared',
       extract(epoch FROM clock_timestamp() - p.prepared)::float8, NULL, p.gid,
       p.owner = current_user OR (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user)
  FROM holding AS h
  JOIN pg_locks AS x ON x.virtualtransaction = h.virtualtransaction AND x.pid IS NULL
  JOIN pg_prepared_xacts AS p ON p.transaction = x.transactionid
 WHERE h.pid IS NULL
 ORDER BY 6 DESC NULLS LAST, 2
