-- The indexes that no query uses, by their tables: a build or a drop was not finished, or the
-- partitions' parts are not all there (PostgreSQL 18, pg_index).
SELECT index.relname AS name, owner.relname AS table_name
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS index ON index.oid = i.indexrelid
JOIN pg_catalog.pg_class AS owner ON owner.oid = i.indrelid
WHERE NOT i.indisvalid
