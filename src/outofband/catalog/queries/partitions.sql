-- The partitions of partitioned tables at every level, each with the one it is a partition of. partition_key has NULL
-- for an expression. heap_bytes is the relation's own, 0 where it is partitioned in turn or foreign.
SELECT DISTINCT ON (c.oid)
       tree.parentrelid::oid::bigint AS parent_oid,
       c.oid::bigint AS oid,
       n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind::text AS kind,
       c.reltuples::float8 AS row_estimate,
       CASE WHEN c.relkind = 'r' THEN pg_relation_size(c.oid) ELSE 0 END::bigint AS heap_bytes,
       ARRAY(SELECT a.attname::text
               FROM pg_partitioned_table AS p
              CROSS JOIN unnest(p.partattrs::int2[]) WITH ORDINALITY AS key(attnum, position)
               LEFT JOIN pg_attribute AS a ON a.attrelid = p.partrelid AND a.attnum = key.attnum AND a.attnum > 0
              WHERE p.partrelid = c.oid
              ORDER BY key.position) AS partition_key
  FROM unnest(CAST(%(tables)s AS bigint[])) AS root(oid)
 CROSS JOIN LATERAL pg_partition_tree(CAST(root.oid AS oid)) AS tree
  JOIN pg_class AS c ON c.oid = tree.relid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE tree.level > 0
 ORDER BY c.oid
