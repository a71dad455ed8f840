-- Which of some schemas are there, and the role may not use them.
SELECT n.nspname::text AS name
  FROM pg_namespace AS n
 WHERE n.nspname = ANY (CAST(%(names)s AS text[])) AND NOT has_schema_privilege(n.oid, 'USAGE')
 ORDER BY 1
