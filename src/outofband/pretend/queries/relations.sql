-- Tables and materialized views of the user's schemas with what is above them, and their indexes: those named,
-- or all (names is null). names: of the columns; of an index, columns are its keys (null: an expression), with
-- their widths (-1: they vary) and alignments, all in order.
WITH RECURSIVE asked AS (
       SELECT c.oid
         FROM pg_class AS c
         JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'm')
          AND n.nspname <> ALL (ARRAY['information_schema', %(ours)s::text])
          AND n.nspname !~ '^pg_'
          AND (%(names)s::text[] IS NULL
               OR (n.nspname, c.relname) IN (SELECT u.schema, u.name
                                               FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS u(schema, name)))
        UNION
       SELECT h.inhparent
         FROM asked
         JOIN pg_inherits AS h ON h.inhrelid = asked.oid
),
wanted AS (
       SELECT asked.oid FROM asked
        UNION ALL
       SELECT i.indexrelid FROM asked JOIN pg_index AS i ON i.indrelid = asked.oid
)
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
  FROM wanted
  JOIN pg_class AS c ON c.oid = wanted.oid
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
 ORDER BY 2, 3
