-- Enums by the names that steps use, with their labels in order (PostgreSQL 18, pg_enum).
SELECT asked.name AS asked, t.oid::bigint AS oid, n.nspname::text AS schema, t.typname::text AS name,
       ARRAY(SELECT e.enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS labels
  FROM unnest(CAST(%(names)s AS text[])) AS asked(name)
  JOIN pg_type AS t ON t.oid = to_regtype(asked.name) AND t.typtype = 'e'
  JOIN pg_namespace AS n ON n.oid = t.typnamespace
