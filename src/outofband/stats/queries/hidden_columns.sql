-- The tables, and indexes with expressions, some columns of which pg_stats hides from the role:
-- it shows what may be selected, and nothing under row security (PostgreSQL 18, pg_stats).
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       i.indrelid IS NOT NULL AS is_index,
       c.relrowsecurity AND row_security_active(c.oid) AS row_security
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
 WHERE (c.relkind IN ('r', 'p', 'm') OR c.relkind = 'i' AND i.indexprs IS NOT NULL)
   AND n.nspname <> ALL (ARRAY['information_schema', %(ours)s::text])
   AND n.nspname !~ '^pg_'
   AND (c.relrowsecurity AND row_security_active(c.oid)
        OR EXISTS (SELECT
                     FROM pg_attribute AS a
                    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                      AND NOT has_column_privilege(c.oid, a.attnum, 'SELECT')))
 ORDER BY 1, 2
