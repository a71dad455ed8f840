-- Each partition, with the table that it is at last a partition of, and the columns by which it and those above it are.
SELECT n.nspname::text AS schema, c.relname::text AS name,
       root_schema.nspname::text AS root_schema, root.relname::text AS root,
       ARRAY(SELECT a.attname::text
               FROM pg_partition_ancestors(c.oid) AS above
               JOIN pg_partitioned_table AS p ON p.partrelid = above.relid
               JOIN pg_attribute AS a ON a.attrelid = p.partrelid AND a.attnum = ANY (p.partattrs)) AS keys
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_class AS root ON root.oid = pg_partition_root(c.oid)
  JOIN pg_namespace AS root_schema ON root_schema.oid = root.relnamespace
 WHERE c.relispartition AND c.relkind IN ('r', 'p')
