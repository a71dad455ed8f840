-- Every table, partitioned table and materialized view of the user's schemas. What somebody has, or
-- waits for, AccessExclusiveLock on is not measured, since that would wait: its sizes are null.
WITH locked AS MATERIALIZED (
       SELECT l.relation AS oid
         FROM pg_locks AS l
        WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.relation IS NOT NULL
          AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
)
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       CASE c.relkind WHEN 'p' THEN 'partitioned table' WHEN 'm' THEN 'materialized view' ELSE 'table' END AS kind,
       c.relpages AS pages,
       c.reltuples::float8 AS tuples,
       c.relallvisible AS all_visible,
       is_locked.yes AS locked,
       CASE WHEN NOT is_locked.yes THEN pg_table_size(c.oid) END AS bytes,
       CASE WHEN NOT is_locked.yes THEN pg_relation_size(c.oid) END AS heap_bytes,
       CASE WHEN c.reltoastrelid = 0 THEN 0
            WHEN NOT is_locked.yes THEN pg_total_relation_size(c.reltoastrelid) END AS toast_bytes,
       to_char(greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid))
               AT TIME ZONE 'UTC', 'YYYY-MM') AS analyzed,
       coalesce(pg_stat_get_numscans(c.oid), 0) AS seq_scan,
       coalesce(pg_stat_get_tuples_returned(c.oid), 0) AS seq_tup_read,
       (SELECT coalesce(sum(pg_stat_get_numscans(i.indexrelid)), 0)::bigint
          FROM pg_index AS i
         WHERE i.indrelid = c.oid) AS idx_scan,
       parent.relname::text AS parent_name,
       parent_schema.nspname::text AS parent_schema
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL (SELECT c.oid IN (TABLE locked) OR c.reltoastrelid IN (TABLE locked) AS yes) AS is_locked
  LEFT JOIN pg_inherits AS h ON h.inhrelid = c.oid AND c.relispartition
  LEFT JOIN pg_class AS parent ON parent.oid = h.inhparent
  LEFT JOIN pg_namespace AS parent_schema ON parent_schema.oid = parent.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm')
   AND n.nspname <> ALL (ARRAY['information_schema', %(ours)s::text])
   AND n.nspname !~ '^pg_'
 ORDER BY 1, 2
