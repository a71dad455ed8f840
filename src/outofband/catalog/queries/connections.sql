-- How many more connections the server admits to this role, and the database and the role themselves do. Sessions of
-- every role are counted by every role; reserved_connections is new in 16, for members of pg_use_reserved_connections.
SELECT current_setting('max_connections')::int
       - CASE WHEN me.rolsuper THEN 0
              ELSE current_setting('superuser_reserved_connections')::int
                   + coalesce(current_setting('reserved_connections', true)::int, 0)
          END
       - (SELECT count(*) FROM pg_stat_activity AS a WHERE a.datid IS NOT NULL AND a.usesysid IS NOT NULL)::int
           AS server,
       CASE WHEN d.datconnlimit >= 0 AND NOT me.rolsuper
            THEN d.datconnlimit - (SELECT count(*) FROM pg_stat_activity AS a WHERE a.datid = d.oid)::int
        END AS database,
       CASE WHEN me.rolconnlimit >= 0 AND NOT me.rolsuper
            THEN me.rolconnlimit - (SELECT count(*) FROM pg_stat_activity AS a WHERE a.usesysid = me.oid)::int
        END AS role
  FROM pg_roles AS me, pg_database AS d
 WHERE me.rolname = session_user AND d.datname = current_database()
