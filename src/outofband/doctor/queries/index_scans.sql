-- How often each index of the user's was scanned, since the counters of this server began. Those of partitions are told
-- with the index over the whole that they are attached to, at however many levels. bytes are those of the last VACUUM or
-- ANALYZE, since to measure one that is locked would wait. there_on is a day on which all of it was there, NULL where
-- nobody knows any. PostgreSQL keeps no date of an index, but what a VACUUM has found all transactions of to be over
-- (relfrozenxid) is newer than any index that an older transaction has made (PostgreSQL 18, pg_class).
WITH RECURSIVE vacuumed AS MATERIALIZED (
    SELECT (greatest(s.last_vacuum, s.last_autovacuum) AT TIME ZONE 'UTC')::date AS day,
           min(age(c.relfrozenxid)) AS newest
      FROM pg_stat_all_tables AS s
      JOIN pg_class AS c ON c.oid = s.relid
     WHERE greatest(s.last_vacuum, s.last_autovacuum) IS NOT NULL
     GROUP BY 1
), part AS (
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
       sum(own.relpages::bigint * current_setting('block_size')::int)::bigint AS bytes,
       CASE WHEN bool_and(there.day IS NOT NULL OR own.relkind = 'I') THEN to_char(max(there.day), 'YYYY-MM-DD') END AS there_on
  FROM part
  JOIN pg_class AS c ON c.oid = part.root
  JOIN pg_class AS own ON own.oid = part.oid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_index AS i ON i.indexrelid = part.oid
 CROSS JOIN LATERAL (
       SELECT least(min(v.day),
                    CASE WHEN current_setting('track_commit_timestamp')::boolean
                         THEN (pg_xact_commit_timestamp(i.xmin) AT TIME ZONE 'UTC')::date END) AS day
         FROM vacuumed AS v
        WHERE v.newest < age(i.xmin)) AS there
 GROUP BY part.root, n.nspname, c.relname
