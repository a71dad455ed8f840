-- The constraints of the user's tables, those that partitions have of their parent left out. Since 18 a NOT NULL is one,
-- too, and told with its column. deleted: rows that went from the table a foreign key points to, since counters began.
SELECT n.nspname::text AS schema,
       c.relname::text AS "table",
       k.conname::text AS name,
       k.contype::text AS type,
       k.convalidated AS validated,
       ARRAY(SELECT a.attname::text
               FROM unnest(k.conkey) WITH ORDINALITY AS key(number, place)
               JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = key.number
              ORDER BY key.place) AS columns,
       pg_get_expr(k.conbin, k.conrelid) AS expression,
       ARRAY(SELECT a.attname::text
               FROM unnest(k.confkey) WITH ORDINALITY AS key(number, place)
               JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = key.number
              ORDER BY key.place) AS target_columns,
       CASE k.confdeltype WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null'
                          WHEN 'd' THEN 'set default' ELSE '' END AS on_delete,
       target_schema.nspname::text AS target_schema,
       target.relname::text AS target,
       CASE WHEN k.contype = 'f' THEN coalesce(pg_stat_get_tuples_deleted(k.confrelid), 0) END AS deleted
  FROM pg_constraint AS k
  JOIN pg_class AS c ON c.oid = k.conrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_class AS target ON target.oid = k.confrelid AND k.contype = 'f'
  LEFT JOIN pg_namespace AS target_schema ON target_schema.oid = target.relnamespace
 WHERE k.contype IN ('p', 'u', 'x', 'f', 'c')
   AND k.conparentid = 0
   AND NOT (c.relispartition AND k.coninhcount > 0)
   AND n.nspname <> ALL (ARRAY['information_schema', %(ours)s::text])
   AND n.nspname !~ '^pg_'
 ORDER BY 1, 2, 3
