-- What the server says against the next batch. Who holds ShareUpdateExclusive on the table, or a partition of it,
-- vacuums, analyzes or builds an index; every role may see these columns of pg_locks and pg_stat_activity (measured on
-- 15, 17 and 18). WAL that is not archived is counted in segments, as pg_stat_archiver tells them (PostgreSQL 18).
WITH RECURSIVE part(oid) AS (
    SELECT CAST(%(table)s AS bigint)::oid
    UNION ALL
    SELECT i.inhrelid FROM pg_inherits AS i JOIN part AS p ON i.inhparent = p.oid),
lock AS (
    SELECT l.pid, l.mode, l.granted
      FROM pg_locks AS l
     WHERE l.locktype = 'relation' AND l.relation IN (SELECT oid FROM part) AND l.pid <> pg_backend_pid()
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())),
keeper AS (
    SELECT l.pid, a.application_name,
           EXISTS (SELECT FROM pg_stat_progress_vacuum AS v WHERE v.pid = l.pid)
             OR EXISTS (SELECT FROM pg_stat_progress_analyze AS z WHERE z.pid = l.pid) AS vacuums
      FROM lock AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
     WHERE l.mode = 'ShareUpdateExclusiveLock' AND l.granted)
SELECT (SELECT min(pid) FROM keeper WHERE vacuums) AS vacuum,
       (SELECT min(pid) FROM keeper WHERE NOT vacuums) AS build,
       (SELECT count(*) FROM lock WHERE NOT granted
          AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')) AS lock_waits,
       (SELECT CAST(extract(epoch FROM clock_timestamp() - min(a.xact_start)) AS float8)
          FROM pg_stat_activity AS a
         WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
           AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)) AS transaction_seconds,
       (SELECT CASE WHEN current_setting('archive_mode') = 'off' OR pg_is_in_recovery() THEN NULL
                    WHEN s.last_archived_wal !~ '^[0-9A-F]{24}$' OR s.last_archived_wal IS NULL
                      THEN CASE WHEN s.failed_count > 0 THEN CAST(s.failed_count AS bigint) END
                    ELSE greatest(0, CAST((pg_current_wal_insert_lsn() - '0/0') / z.bytes AS bigint) - 1
                                     - (CAST(CAST('x' || substr(s.last_archived_wal, 9, 8) AS bit(32)) AS bigint)
                                        * (4294967296 / z.bytes)
                                        + CAST(CAST('x' || substr(s.last_archived_wal, 17, 8) AS bit(32)) AS bigint)))
               END
          FROM pg_stat_archiver AS s,
               (SELECT pg_size_bytes(current_setting('wal_segment_size')) AS bytes) AS z) AS unarchived
