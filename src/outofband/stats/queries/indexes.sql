-- Every index of the user's schemas. One that is locked exclusively, as by REINDEX, is not measured,
-- and where its table is, it cannot be told: pg_get_indexdef() opens the table, so that is null.
WITH locked AS MATERIALIZED (
       SELECT l.relation AS oid
         FROM pg_locks AS l
        WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.relation IS NOT NULL
          AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
)
SELECT n.nspname::text AS schema,
       t.relname::text AS "table",
       c.relname::text AS name,
       CASE WHEN i.indrelid NOT IN (TABLE locked) THEN pg_get_indexdef(c.oid) END AS definition,
       c.relpages AS pages,
       c.reltuples::float8 AS tuples,
       CASE WHEN c.oid NOT IN (TABLE locked) THEN pg_relation_size(c.oid) END AS bytes,
       i.indisvalid AS valid,
       i.indisunique AS "unique",
       coalesce(pg_stat_get_numscans(c.oid), 0) AS idx_scan,
       c.relkind = 'I' AS partitioned,
       parent.relname::text AS parent_name,
       parent_schema.nspname::text AS parent_schema
  FROM pg_index AS i
  JOIN pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_class AS t ON t.oid = i.indrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_inherits AS h ON h.inhrelid = c.oid
  LEFT JOIN pg_class AS parent ON parent.oid = h.inhparent
  LEFT JOIN pg_namespace AS parent_schema ON parent_schema.oid = parent.relnamespace
 WHERE t.relkind IN ('r', 'p', 'm')
   AND n.nspname <> ALL (ARRAY['information_schema', %(ours)s::text])
   AND n.nspname !~ '^pg_'
 ORDER BY 1, 2, 3
