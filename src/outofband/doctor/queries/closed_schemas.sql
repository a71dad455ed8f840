-- The schemas that have tables which the role cannot look up, since it lacks USAGE on them.
SELECT n.nspname::text AS schema
  FROM pg_namespace AS n
 WHERE NOT has_schema_privilege(n.oid, 'USAGE')
   AND n.nspname <> ALL (ARRAY['information_schema', %(ours)s::text])
   AND n.nspname !~ '^pg_'
   AND EXISTS (SELECT FROM pg_class AS c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'm'))
 ORDER BY 1
