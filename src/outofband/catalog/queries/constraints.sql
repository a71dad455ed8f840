-- The constraints of tables, with what equality of a foreign key, a check and a NOT NULL need to know (PostgreSQL 18,
-- pg_constraint). What newer servers alone have is asked through jsonb: since 15 ON DELETE may name columns, since 18
-- a constraint may be NOT ENFORCED, and NOT NULL is a constraint.
SELECT c.conrelid::bigint AS table_oid,
       c.conname::text AS name,
       c.contype::text AS kind,
       c.convalidated AS validated,
       coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true) AS enforced,
       ARRAY(SELECT a.attname::text
               FROM unnest(c.conkey) WITH ORDINALITY AS key(number, place)
               JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = key.number
              ORDER BY key.place) AS columns,
       pg_get_expr(c.conbin, c.conrelid) AS condition,
       c.connoinherit AS no_inherit,
       n.nspname::text AS referent_schema,
       r.relname::text AS referent,
       ARRAY(SELECT a.attname::text
               FROM unnest(c.confkey) WITH ORDINALITY AS key(number, place)
               JOIN pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = key.number
              ORDER BY key.place) AS referred,
       c.confupdtype::text AS on_update,
       c.confdeltype::text AS on_delete,
       jsonb_typeof(to_jsonb(c) -> 'confdelsetcols') IS NOT DISTINCT FROM 'array' AS sets_some,
       c.confmatchtype = 'f' AS "full",
       c.condeferrable AS deferrable,
       c.condeferred AS deferred
  FROM pg_constraint AS c
  LEFT JOIN pg_class AS r ON r.oid = nullif(c.confrelid, 0)
  LEFT JOIN pg_namespace AS n ON n.oid = r.relnamespace
 WHERE c.conrelid = ANY (CAST(CAST(%(tables)s AS bigint[]) AS oid[]))
   AND c.contype IN ('c', 'f', 'n', 'p', 'u', 'x')
 ORDER BY c.conrelid, c.conname
