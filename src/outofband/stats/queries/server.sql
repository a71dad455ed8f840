-- Who asks, the day, since when this server counts, whether it is a standby, and its pg_stat_statements. What nobody has
-- reset counts since the server was made, or since the crash that lost all counters: the earlier of two that begin then.
SELECT current_user::text AS role,
       pg_is_in_recovery() AS standby,
       to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS today,
       (SELECT to_char(greatest(d.stats_reset, least(b.stats_reset, a.stats_reset)) AT TIME ZONE 'UTC', 'YYYY-MM-DD')
          FROM pg_stat_database AS d
         CROSS JOIN pg_stat_bgwriter AS b
         CROSS JOIN pg_stat_archiver AS a
         WHERE d.datname = current_database()) AS counted_since,
       (SELECT n.nspname::text
          FROM pg_extension AS e
          JOIN pg_namespace AS n ON n.oid = e.extnamespace
         WHERE e.extname = 'pg_stat_statements') AS statements_schema,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS reads_all_stats
