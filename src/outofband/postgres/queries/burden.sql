-- What a server process costs everybody else: transactions begun since the snapshot that it keeps, and where the
-- server's WAL stands. Every role sees both (measured on 14 to 18).
SELECT age(a.backend_xmin) AS held_transactions,
       CAST(pg_current_wal_insert_lsn() - '0/0' AS bigint) AS wal_bytes
  FROM pg_stat_activity AS a
 WHERE a.pid = CAST(%(pid)s AS int)
