-- The columns of tables, with what equality of an index and a promotion need to know of them. Since 18 a NOT NULL may
-- be NOT VALID: attnotnull says nothing then of the rows that are there, and no primary key takes the column.
SELECT a.attrelid::bigint AS table_oid,
       a.attname::text AS name,
       a.attnotnull AND NOT EXISTS (
           SELECT FROM pg_constraint AS c
            WHERE c.conrelid = a.attrelid AND c.contype = 'n' AND NOT c.convalidated AND c.conkey = ARRAY[a.attnum]
       ) AS not_null,
       a.attcollation::bigint AS collation_oid
  FROM pg_attribute AS a
 WHERE a.attrelid = ANY (CAST(%(tables)s AS bigint[]))
   AND a.attnum > 0
   AND NOT a.attisdropped
 ORDER BY a.attrelid, a.attnum
