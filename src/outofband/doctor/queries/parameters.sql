-- Settings that a build, or this examination, meets; reset_val is what a session of the role begins with, whatever ours
-- has set (PostgreSQL 18, pg_settings). Of two that the role has, the one for this database holds: it comes last.
SELECT current_setting('track_counts')::boolean AS track_counts,
       current_setting('track_activities')::boolean AS track_activities,
       current_setting('autovacuum')::boolean AS autovacuum,
       (SELECT s.reset_val FROM pg_settings AS s WHERE s.name = 'idle_in_transaction_session_timeout') AS idle_in_transaction,
       ARRAY(SELECT s.setting
               FROM pg_db_role_setting AS d
              CROSS JOIN unnest(d.setconfig) AS s(setting)
              WHERE d.setrole IN (0, (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = session_user))
                AND d.setdatabase IN (0, (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database()))
              ORDER BY d.setrole, d.setdatabase) AS of_the_role,
       session_user::text AS role
