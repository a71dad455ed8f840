-- What the planner is told and was changed. reset_val: what a new session of this role begins with.
SELECT s.name::text AS name,
       s.reset_val::text AS value
  FROM pg_settings AS s
 WHERE (s.category ~ '^Query Tuning'
        OR s.name IN ('work_mem', 'hash_mem_multiplier', 'max_worker_processes', 'max_parallel_workers',
                      'max_parallel_workers_per_gather'))
   AND s.vartype <> 'string'
   AND s.reset_val IS DISTINCT FROM s.boot_val
 ORDER BY s.name
