-- How far replicas and slots are behind, the farthest first. A role without pg_monitor sees that a replica is there and
-- its slot, not where it is (hidden). Postgres tells no time for a slot that nobody reads before inactive_since (17).
WITH now AS (SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn() END AS lsn),
place AS (
    SELECT coalesce('slot ' || s.slot_name, 'replica ' || coalesce(nullif(r.application_name, ''), r.pid::text)) AS name,
           coalesce(r.replay_lsn, s.confirmed_flush_lsn, s.restart_lsn) AS lsn,
           r.replay_lag,
           s.slot_name IS NOT NULL AND NOT s.active AS idle,
           CAST(to_jsonb(s) ->> 'inactive_since' AS timestamptz) AS inactive_since,
           r.pid IS NOT NULL AND r.state IS NULL AS hidden
      FROM pg_stat_replication AS r
      FULL JOIN pg_replication_slots AS s ON s.active_pid = r.pid
     WHERE r.state IS DISTINCT FROM 'backup' AND s.temporary IS NOT TRUE
)
SELECT p.name, p.idle, p.hidden,
       -- greatest() leaves out NULL, and what is hidden is not 0.
       CASE WHEN p.lsn IS NOT NULL THEN CAST(greatest(now.lsn - p.lsn, 0) AS bigint) END AS bytes,
       CAST(CASE WHEN p.lsn >= now.lsn THEN 0
                 WHEN p.idle THEN extract(epoch FROM clock_timestamp() - p.inactive_since)
                 ELSE extract(epoch FROM p.replay_lag)
             END AS float8) AS seconds
  FROM place AS p CROSS JOIN now
 WHERE p.lsn IS NOT NULL OR p.hidden
 ORDER BY 4 DESC NULLS FIRST, 1
