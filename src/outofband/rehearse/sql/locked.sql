-- What this session has locked of the project's relations, and how they are now. Without a name
-- come those that it has dropped. The first column is the transaction. What has an oid above the
-- first, up to the last, is left out. The locks are asked for once: there may be thousands.
WITH held AS MATERIALIZED (
     SELECT locktype, database, relation, mode, virtualtransaction
       FROM pg_locks
      WHERE pid = pg_backend_pid() AND locktype IN ('virtualxid', 'relation')
)
SELECT one.virtualtransaction, r.*
  FROM (SELECT virtualtransaction FROM held WHERE locktype = 'virtualxid') one
  LEFT JOIN (
        SELECT l.relation, n.nspname, c.relname, c.relkind, pg_relation_filenode(c.oid),
               pg_stat_get_xact_numscans(c.oid), coalesce(i.indisvalid, true), i.indrelid, l.modes
          FROM (SELECT relation, string_agg(mode, ' ') AS modes
                  FROM held
                 WHERE locktype = 'relation' AND mode <> 'SIReadLock'
                   AND NOT (relation > {first} AND relation <= {last})
                   AND database = (
                       SELECT oid FROM pg_database WHERE datname = current_database())
                 GROUP BY relation) l
          LEFT JOIN pg_class c ON c.oid = l.relation
          LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
          LEFT JOIN pg_index i ON i.indexrelid = c.oid
         WHERE c.oid IS NULL
            OR c.relkind IN ('r', 'p', 'f', 'm', 'i', 'I')
               AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'outofband')
       ) r ON true
