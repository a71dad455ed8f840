-- What the session has to build with. Sizes are in kB; a temp_file_limit of -1 is none.
SELECT current_user::text AS role,
       coalesce((SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user), false) AS superuser,
       current_setting('server_version_num')::int AS version,
       (SELECT s.setting::bigint FROM pg_settings AS s WHERE s.name = 'temp_file_limit') AS temp_file_limit_kb,
       (SELECT s.setting::bigint FROM pg_settings AS s WHERE s.name = 'maintenance_work_mem')
           AS maintenance_work_mem_kb,
       current_setting('max_parallel_maintenance_workers')::int AS maintenance_workers,
       least(current_setting('max_parallel_workers')::int, current_setting('max_worker_processes')::int)
           AS workers
