-- The foreign keys that point at a table: what they do when a row of it is deleted (PostgreSQL 18, pg_constraint),
-- and their columns beside the referenced ones. Of a partition's, the clones that the partitioned table's key left.
SELECT k.conname::text AS name,
       k.conrelid::bigint AS referencing_oid,
       n.nspname::text AS schema,
       c.relname::text AS table_name,
       k.confdeltype::text AS on_delete,
       k.conrelid = k.confrelid AS to_itself,
       row_security_active(k.conrelid) AS hides_rows,
       has_table_privilege(k.conrelid, 'SELECT') AS readable,
       ARRAY(SELECT a.attname::text
               FROM unnest(k.conkey) WITH ORDINALITY AS key(number, place)
               JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = key.number
              ORDER BY key.place) AS columns,
       ARRAY(SELECT a.attname::text
               FROM unnest(k.confkey) WITH ORDINALITY AS key(number, place)
               JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = key.number
              ORDER BY key.place) AS referenced
  FROM pg_constraint AS k
  JOIN pg_class AS c ON c.oid = k.conrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE k.confrelid = CAST(CAST(%(table)s AS bigint) AS oid)
   AND k.contype = 'f'
 ORDER BY 1, 2
