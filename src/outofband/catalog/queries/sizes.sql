-- The bytes of a table and of all its indexes, over all leaves; no row where there is no such table.
SELECT sum(pg_relation_size(leaf.oid))::bigint AS table_bytes,
       sum(pg_indexes_size(leaf.oid))::bigint AS index_bytes
  FROM pg_class AS c
 CROSS JOIN LATERAL (SELECT c.oid WHERE c.relkind <> 'p'
                     UNION
                     SELECT tree.relid FROM pg_partition_tree(c.oid) AS tree WHERE tree.isleaf) AS leaf(oid)
 WHERE c.oid = to_regclass(%(table)s)
 GROUP BY c.oid
