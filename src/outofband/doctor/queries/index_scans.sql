-- How often each index of the user's was scanned, since the counters of this server began. Those of partitions are told
-- with the index over the whole that they are attached to, at however many levels. bytes are those of the last VACUUM or
-- ANALYZE, since to measure one that is locked would wait.
WITH RECURSIVE part AS (
    SELECT i.indexrelid AS root, i.indexrelid AS oid
      FROM pg_index AS i
      JOIN pg_class AS c ON c.oid = i.indexrelid
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE NOT c.relispartition
       AND n.nspname <> ALL (ARRAY['information_schema', %(ours)s::text])
       AND n.nspname !~ '^pg_'
    UNION ALL
    SELECT part.root, h.inhrelid
      FROM part
      JOIN pg_inherits AS h ON h.inhparent = part.oid
)
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       sum(coalesce(pg_stat_get_numscans(part.oid), 0))::bigint AS scans,
       sum(own.relpages::bigint * current_setting('block_size')::int)::bigint AS bytes
  FROM part
  JOIN pg_class AS c ON c.oid = part.root
  JOIN pg_class AS own ON own.oid = part.oid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 GROUP BY part.root, n.nspname, c.relname
