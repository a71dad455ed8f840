-- The foreign keys that point at a table: what they do when a row of it is deleted (PostgreSQL 18, pg_constraint),
-- and their columns beside the referenced ones. Of a partition's, the clones that the partitioned table's key left;
-- not those of a referring table's partitions, which it speaks for.
-- unindexed_bytes: the heap, over all leaves, that no index serves. One does when it is valid, begins with the referring
-- columns in any order, and is not partial, unless it only leaves out NULL, which refers to nothing.
SELECT k.conname::text AS name,
       k.conrelid::bigint AS referencing_oid,
       n.nspname::text AS schema,
       c.relname::text AS table_name,
       k.confdeltype::text AS on_delete,
       k.conrelid = k.confrelid AS to_itself,
       c.relkind = 'p' AS partitioned,
       row_security_active(k.conrelid) AS hides_rows,
       has_table_privilege(k.conrelid, 'SELECT') AS readable,
       ARRAY(SELECT a.attname::text
               FROM unnest(k.conkey) WITH ORDINALITY AS key(number, place)
               JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = key.number
              ORDER BY key.place) AS columns,
       ARRAY(SELECT a.attname::text
               FROM unnest(k.confkey) WITH ORDINALITY AS key(number, place)
               JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = key.number
              ORDER BY key.place) AS referenced,
       coalesce(unindexed.bytes, 0)::bigint AS unindexed_bytes
  FROM pg_constraint AS k
  JOIN pg_class AS c ON c.oid = k.conrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL (
       SELECT array_agg(a.attname ORDER BY a.attname) AS names
         FROM pg_attribute AS a
        WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)) AS referring
 CROSS JOIN LATERAL (
       SELECT sum(pg_relation_size(leaf.oid)) AS bytes
         FROM (SELECT k.conrelid AS oid WHERE c.relkind <> 'p'
               UNION ALL
               SELECT tree.relid FROM pg_partition_tree(k.conrelid) AS tree WHERE c.relkind = 'p' AND tree.isleaf) AS leaf
        WHERE NOT EXISTS (
              SELECT FROM pg_index AS i
                JOIN pg_class AS x ON x.oid = i.indexrelid
                JOIN pg_am AS method ON method.oid = x.relam AND method.amname IN ('btree', 'hash')
               WHERE i.indrelid = leaf.oid
                 AND i.indisvalid
                 AND i.indnkeyatts >= cardinality(k.conkey)
                 AND referring.names = (
                     SELECT array_agg(a.attname ORDER BY a.attname)
                       FROM pg_attribute AS a
                      WHERE a.attrelid = i.indrelid
                        AND a.attnum = ANY ((i.indkey::int2[])[0:cardinality(k.conkey) - 1]))
                 AND (i.indpred IS NULL
                      OR pg_get_expr(i.indpred, i.indrelid) IN (
                         SELECT format('(%%I IS NOT NULL)', name) FROM unnest(referring.names) AS name)))) AS unindexed
 WHERE k.confrelid = ANY (CAST(CAST(%(tables)s AS bigint[]) AS oid[]))
   AND k.contype = 'f'
   AND NOT EXISTS (SELECT FROM pg_constraint AS above WHERE above.oid = k.conparentid AND above.confrelid = k.confrelid)
 ORDER BY 1, 2
