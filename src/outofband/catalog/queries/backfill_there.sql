-- What there is of the state of backfills. By name alone: to_regclass fails where the role may not use the schema.
SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'outofband') AS has_schema,
       EXISTS (SELECT
                 FROM pg_class AS c
                 JOIN pg_namespace AS n ON n.oid = c.relnamespace
                WHERE n.nspname = 'outofband' AND c.relname = 'backfill_place') AS has_table
