-- How large every table of the database is, with its indexes and what is stored out of line.
SELECT CAST(relid AS bigint) AS oid, pg_total_relation_size(relid) AS bytes FROM pg_stat_user_tables
