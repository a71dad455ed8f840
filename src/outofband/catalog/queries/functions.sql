-- The functions of the user's that may be meant by names: schema (empty for none) and name, in pairs. Those of
-- pg_catalog are found under any search_path.
SELECT p.oid::bigint AS oid,
       p.proconfig::text LIKE '%%search_path=%%' IS TRUE AS has_path
  FROM pg_proc AS p
  JOIN pg_namespace AS n ON n.oid = p.pronamespace
  JOIN unnest(CAST(%(schemas)s AS text[]), CAST(%(names)s AS text[])) AS asked(schema, name)
    ON asked.name = p.proname AND (asked.schema = n.nspname OR asked.schema = '' AND pg_function_is_visible(p.oid))
 WHERE n.nspname <> 'pg_catalog'
 ORDER BY 1
