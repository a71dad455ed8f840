-- The tables asked for, as the search_path finds them: kind, size of the heap over all leaves, columns.
-- heap_bytes is what an index build has to read; a partitioned table has no heap of its own.
SELECT asked.name AS asked,
       c.oid::bigint AS oid,
       n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind::text AS kind,
       c.reltuples::float8 AS row_estimate,
       (SELECT coalesce(sum(pg_relation_size(leaf.oid)), 0)::bigint
          FROM (SELECT c.oid WHERE c.relkind <> 'p'
                UNION
                SELECT tree.relid FROM pg_partition_tree(c.oid) AS tree WHERE tree.isleaf) AS leaf(oid)
       ) AS heap_bytes,
       ARRAY(SELECT a.attname::text
               FROM pg_partitioned_table AS p
              CROSS JOIN unnest(p.partattrs::int2[]) WITH ORDINALITY AS key(attnum, position)
               LEFT JOIN pg_attribute AS a ON a.attrelid = p.partrelid AND a.attnum = key.attnum AND a.attnum > 0
              WHERE p.partrelid = c.oid
              ORDER BY key.position) AS partition_key
  FROM unnest(CAST(%(names)s AS text[])) AS asked(name)
  JOIN pg_class AS c ON c.oid = to_regclass(asked.name)
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm', 'f')
