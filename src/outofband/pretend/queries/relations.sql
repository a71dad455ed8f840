-- The tables, materialized views and indexes of the user's schemas. names: of the columns; of an index, columns
-- are its keys (null: an expression), with their widths (-1: they vary) and alignments, all in order.
SELECT c.oid::bigint AS oid,
       n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind IN ('i', 'I') AS is_index,
       c.relkind IN ('p', 'I') AS partitioned,
       pg_relation_filepath(c.oid) AS path,
       t.relname::text AS "table",
       pg_get_indexdef(i.indexrelid) AS definition,
       i.indisunique AS "unique",
       pg_get_expr(i.indpred, i.indrelid) AS predicate,
       k.names, k.columns, k.widths, k.alignments
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
  LEFT JOIN pg_class AS t ON t.oid = i.indrelid
 CROSS JOIN LATERAL (
       SELECT array_agg(a.attname::text ORDER BY a.attnum) AS names,
              array_agg(col.attname::text ORDER BY a.attnum) AS columns,
              array_agg(a.attlen::int ORDER BY a.attnum) AS widths,
              array_agg(CASE a.attalign WHEN 'c' THEN 1 WHEN 's' THEN 2 WHEN 'i' THEN 4 ELSE 8 END
                        ORDER BY a.attnum) AS alignments
         FROM pg_attribute AS a
         LEFT JOIN pg_attribute AS col
                ON col.attrelid = i.indrelid AND col.attnum = i.indkey[a.attnum - 1] AND col.attnum > 0
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       ) AS k
 WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I')
   AND n.nspname <> ALL (ARRAY['information_schema', %(ours)s::text])
   AND n.nspname !~ '^pg_'
 ORDER BY 2, 3
