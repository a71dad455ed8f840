-- What the session has to build with. Sizes are in kB; a temp_file_limit of -1 is none. Reading pg_settings instead
-- could itself exceed the limit.
SELECT current_user::text AS role,
       coalesce((SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user), false) AS superuser,
       current_setting('server_version_num')::int AS version,
       CASE current_setting('temp_file_limit')
            WHEN '-1' THEN -1
            ELSE pg_size_bytes(current_setting('temp_file_limit')) / 1024
        END AS temp_file_limit_kb,
       pg_size_bytes(current_setting('maintenance_work_mem')) / 1024 AS maintenance_work_mem_kb,
       current_setting('max_parallel_maintenance_workers')::int AS maintenance_workers,
       least(current_setting('max_parallel_workers')::int, current_setting('max_worker_processes')::int)
           AS workers
