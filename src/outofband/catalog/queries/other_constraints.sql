-- Constraints without an index that have a name which a key of the same table wants.
SELECT c.conrelid::bigint AS table_oid, c.conname::text AS name
  FROM unnest(CAST(%(tables)s AS bigint[]), CAST(%(names)s AS text[])) AS asked(table_oid, name)
  JOIN pg_constraint AS c ON c.conrelid = asked.table_oid AND c.conname = asked.name
 WHERE c.contype NOT IN ('p', 'u', 'x')
