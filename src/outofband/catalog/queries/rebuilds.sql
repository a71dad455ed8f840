-- Indexes and materialized views that are to be built anew, by the names that their steps use. concurrent: whether the
-- view has what REFRESH CONCURRENTLY needs, a unique index over columns of all its rows (PostgreSQL 18, REFRESH
-- MATERIALIZED VIEW). made_here: by the transaction that asks, since that alone sees a row whose xmin is in progress.
SELECT asked.name AS asked, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
       coalesce(obj_description(c.oid, 'pg_class'), '') AS comment,
       c.relispopulated AS populated,
       EXISTS (SELECT FROM pg_index AS i
                WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
                  AND i.indpred IS NULL AND i.indexprs IS NULL) AS concurrent,
       EXISTS (SELECT FROM pg_attribute AS a
                 JOIN pg_locks AS l
                   ON l.locktype = 'transactionid' AND l.pid = pg_backend_pid() AND l.transactionid = a.xmin
                WHERE a.attrelid = c.oid AND a.attnum = 1) AS made_here
  FROM unnest(CAST(%(names)s AS text[])) AS asked(name)
  JOIN pg_class AS c ON c.oid = to_regclass(asked.name) AND c.relkind IN ('i', 'I', 'm')
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
