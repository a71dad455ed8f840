-- The tables that somebody has, or waits for, AccessExclusiveLock on, or on an index of theirs: to measure them would
-- wait. A partition stands for the whole that it is of.
SELECT DISTINCT n.nspname::text AS schema,
       root.relname::text AS name
  FROM pg_locks AS l
  LEFT JOIN pg_index AS i ON i.indexrelid = l.relation
  JOIN pg_class AS c ON c.oid = coalesce(i.indrelid, l.relation)
  JOIN pg_class AS root ON root.oid = coalesce(pg_partition_root(c.oid), c.oid)
  JOIN pg_namespace AS n ON n.oid = root.relnamespace
 WHERE l.locktype = 'relation'
   AND l.mode = 'AccessExclusiveLock'
   AND l.pid IS DISTINCT FROM pg_backend_pid()
   AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
   AND root.relkind IN ('r', 'p', 'm')
