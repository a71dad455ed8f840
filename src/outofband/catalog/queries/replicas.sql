-- The standbys of this primary; how far they are behind is hidden from roles without pg_read_all_stats.
SELECT coalesce(r.application_name, '') AS application_name,
       CASE WHEN NOT pg_is_in_recovery()
            THEN pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn)::bigint
        END AS lag_bytes,
       extract(epoch FROM r.replay_lag)::float8 AS lag_seconds
  FROM pg_stat_replication AS r
 ORDER BY 2 DESC NULLS LAST
