-- What keeps functions that may be meant by names, schema (empty for none) and name in pairs, out of an index of a table:
-- its owner, as whom an index evaluates, may execute none of that name.
SELECT p.oid::regprocedure::text AS signature,
       pg_get_userbyid(c.relowner)::text AS owner,
       bool_and(NOT has_function_privilege(c.relowner, p.oid, 'EXECUTE'))
           OVER (PARTITION BY asked.schema, asked.name) AS refused
  FROM unnest(CAST(%(schemas)s AS text[]), CAST(%(names)s AS text[])) AS asked(schema, name)
  JOIN pg_proc AS p ON p.proname = asked.name
  JOIN pg_namespace AS n ON n.oid = p.pronamespace
  JOIN pg_class AS c ON c.oid = to_regclass(%(table)s)
 WHERE asked.schema = n.nspname OR asked.schema = '' AND pg_function_is_visible(p.oid)
 ORDER BY 1
