-- Extended statistics, which are not pulled, by the table they are about.
SELECT n.nspname::text AS schema,
       c.relname::text AS name
  FROM pg_statistic_ext AS e
  JOIN pg_class AS c ON c.oid = e.stxrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname <> ALL (ARRAY['information_schema', %(ours)s::text])
   AND n.nspname !~ '^pg_'
 GROUP BY 1, 2
 ORDER BY 1, 2
