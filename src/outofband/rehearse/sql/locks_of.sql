-- The relations that a session has locked or waits for a lock on, and in which modes. What a
-- serializable transaction has read is no lock that anybody waits for.
SELECT relation, string_agg(mode, ' ')
  FROM pg_locks
 WHERE pid = %s AND locktype = 'relation' AND mode <> 'SIReadLock'
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
 GROUP BY relation
