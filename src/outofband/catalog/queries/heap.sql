-- The size of one table's heap now, and how many rows its statistics count in it (-1 when it was never analysed).
SELECT pg_relation_size(c.oid)::bigint AS bytes,
       c.reltuples::float8 AS row_estimate,
       has_table_privilege(c.oid, 'SELECT') AS readable
  FROM pg_class AS c
 WHERE c.oid = to_regclass(%(table)s)
