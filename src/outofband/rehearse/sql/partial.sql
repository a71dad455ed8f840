-- Each index that has a predicate.
SELECT n.nspname::text AS schema, c.relname::text AS name
  FROM pg_index AS i
  JOIN pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE i.indpred IS NOT NULL
