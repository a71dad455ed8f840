-- Make the planner overlook indexes: what is not valid it does not use (plancat.c, get_relation_info).
UPDATE pg_index AS i
   SET indisvalid = false
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.oid = i.indexrelid
   AND (n.nspname, c.relname) IN (SELECT u.schema, u.name
                                    FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS u(schema, name))
