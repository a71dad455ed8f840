-- The columns of tables, with what equality of an index and a promotion need to know of them.
SELECT a.attrelid::bigint AS table_oid,
       a.attname::text AS name,
       a.attnotnull AS not_null,
       a.attcollation::bigint AS collation_oid
  FROM pg_attribute AS a
 WHERE a.attrelid = ANY (CAST(%(tables)s AS bigint[]))
   AND a.attnum > 0
   AND NOT a.attisdropped
 ORDER BY a.attrelid, a.attnum
