-- How large the tables are that this transaction has written rows to, and where the server's WAL stands.
SELECT CAST(relid AS bigint) AS oid, pg_total_relation_size(relid) AS bytes
  FROM pg_stat_xact_user_tables
 WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND schemaname <> 'outofband'
