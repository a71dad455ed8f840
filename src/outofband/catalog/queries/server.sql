-- Who answers: the release, the role, the process that runs this query, and whether it takes writes.
SELECT current_setting('server_version_num')::int AS version,
       current_user::text AS role,
       current_database()::text AS database,
       pg_backend_pid() AS pid,
       pg_is_in_recovery() AS standby,
       current_setting('transaction_read_only')::boolean AS read_only
