-- What there is of the journal, and what speaks against making it. By name alone: to_regclass fails where the role may
-- not use the schema.
SELECT current_user::text AS role,
       current_database()::text AS database,
       EXISTS (SELECT FROM pg_namespace WHERE nspname = 'outofband') AS has_schema,
       EXISTS (SELECT
                 FROM pg_class AS c
                 JOIN pg_namespace AS n ON n.oid = c.relnamespace
                WHERE n.nspname = 'outofband' AND c.relname = 'journal') AS has_table,
       (SELECT min(p.pubname)::text FROM pg_publication AS p WHERE p.puballtables) AS publication
