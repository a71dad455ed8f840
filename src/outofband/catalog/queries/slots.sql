-- The replication slots that keep WAL, and how much more may be written before one is lost; every role sees these.
SELECT s.slot_name::text AS name,
       s.active,
       pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)::bigint AS kept_bytes,
       s.safe_wal_size AS safe_bytes
  FROM pg_replication_slots AS s
 WHERE NOT pg_is_in_recovery()
   AND s.restart_lsn IS NOT NULL
   AND s.wal_status IS DISTINCT FROM 'lost'
 ORDER BY 3 DESC
