-- Which of the tables asked for the role cannot look up, since it lacks USAGE on the schema that has them: the one they
-- are asked for in, or, without one, those of the search_path, which Postgres passes over without a word.
WITH asked AS (
    SELECT schema, name FROM unnest(CAST(%(schemas)s AS text[]), CAST(%(names)s AS text[])) AS asked(schema, name)),
path AS (
    SELECT CASE trim(part, '"') WHEN '$user' THEN current_user::text ELSE trim(part, '"') END AS schema
      FROM regexp_split_to_table(current_setting('search_path'), '\s*,\s*') AS part)
SELECT DISTINCT n.nspname::text AS schema, asked.name, current_user::text AS role
  FROM asked
  JOIN pg_class AS c ON c.relname = asked.name AND c.relkind IN ('r', 'p', 'm', 'f')
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE NOT has_schema_privilege(n.oid, 'USAGE')
   AND (asked.schema = n.nspname
        OR asked.schema IS NULL
           AND n.nspname IN (SELECT path.schema FROM path)
           AND to_regclass(quote_ident(asked.name)) IS NULL)
 ORDER BY 1, 2
