-- The prepared transactions that lock one of the tables so that a build waits for them. Their locks belong to no
-- process; the one on the transaction's own number tells which are whose (measured on 14 and 18).
SELECT p.gid,
       p.owner::text AS owner,
       extract(epoch FROM clock_timestamp() - p.prepared)::float8 AS age_seconds,
       min(l.relation::regclass::text) AS table
  FROM pg_prepared_xacts AS p
  JOIN pg_locks AS own ON own.pid IS NULL AND own.locktype = 'transactionid' AND own.transactionid = p.transaction
  JOIN pg_locks AS l ON l.pid IS NULL AND l.virtualtransaction = own.virtualtransaction
 WHERE p.database = current_database()
   AND l.relation = ANY (CAST(%(tables)s AS bigint[]))
   AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'ShareLock', 'SIReadLock')
 GROUP BY p.gid, p.owner, p.prepared
 ORDER BY p.prepared
