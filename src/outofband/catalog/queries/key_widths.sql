-- How wide the columns of a table may get, and whether wide values leave the row: the bound in bytes (null: none), how
-- much lies out of line, and whether the table or the column keeps wide values in the row on purpose.
SELECT a.attname::text AS name,
       CASE WHEN a.attlen > 0 THEN a.attlen::int
            WHEN a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND a.atttypmod > 4
            THEN (a.atttypmod - 4) * pg_encoding_max_length(d.encoding) + 4
        END AS most_bytes,
       a.attstorage IN ('p', 'm') OR coalesce(c.reloptions::text LIKE '%%toast_tuple_target%%', false) AS stays_inline,
       coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0)::bigint AS toast_bytes,
       pg_relation_size(c.oid) / current_setting('block_size')::int AS pages
  FROM pg_class AS c
  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_database AS d ON d.datname = current_database()
 WHERE c.oid = CAST(CAST(%(table)s AS bigint) AS oid)
 ORDER BY a.attnum
