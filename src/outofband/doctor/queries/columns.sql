-- The columns of the user's tables with their types as format_type() spells them; of a type that is not PostgreSQL's own
-- its bare name, since the spelling depends on the search_path.
SELECT n.nspname::text AS schema,
       c.relname::text AS "table",
       a.attname::text AS name,
       format_type(a.atttypid, a.atttypmod) AS type,
       base.typname::text AS type_name,
       base.typnamespace = 'pg_catalog'::regnamespace AS builtin,
       a.attnotnull AS not_null,
       CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS "default",
       a.attgenerated <> '' AS generated
  FROM pg_attribute AS a
  JOIN pg_class AS c ON c.oid = a.attrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  JOIN pg_type AS t ON t.oid = a.atttypid
  JOIN pg_type AS base ON base.oid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END
 WHERE a.attnum > 0
   AND NOT a.attisdropped
   AND c.relkind IN ('r', 'p', 'f')
   AND NOT c.relispartition
   AND n.nspname <> ALL (ARRAY['information_schema', %(ours)s::text])
   AND n.nspname !~ '^pg_'
