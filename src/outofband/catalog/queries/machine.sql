-- What the server lets a build have. Sizes are in kB; a temp_file_limit of -1 is none. Not from pg_settings: see means.
SELECT current_setting('server_version_num')::int AS version,
       current_setting('max_worker_processes')::int AS processes,
       current_setting('max_parallel_workers')::int AS parallel_workers,
       current_setting('max_parallel_maintenance_workers')::int AS maintenance_workers,
       pg_size_bytes(current_setting('maintenance_work_mem')) / 1024 AS memory_kb,
       pg_size_bytes(current_setting('shared_buffers')) / 1024 AS shared_buffers_kb,
       pg_size_bytes(current_setting('min_parallel_table_scan_size')) / 1024 AS least_parallel_kb,
       CASE current_setting('temp_file_limit')
            WHEN '-1' THEN -1
            ELSE pg_size_bytes(current_setting('temp_file_limit')) / 1024
        END AS temp_file_limit_kb
