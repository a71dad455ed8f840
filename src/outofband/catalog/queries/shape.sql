-- A table's columns with their types, and how a value gets into one: generated (PostgreSQL 18, pg_attribute).
SELECT a.attname::text AS name,
       format_type(a.atttypid, a.atttypmod) AS type,
       a.attgenerated::text <> '' AS generated
  FROM pg_attribute AS a
 WHERE a.attrelid = CAST(CAST(%(table)s AS bigint) AS oid)
   AND a.attnum > 0
   AND NOT a.attisdropped
 ORDER BY a.attnum
