-- How far the build of one server process is; no row while it waits for its first lock.
SELECT p.phase,
       p.blocks_done, p.blocks_total,
       p.tuples_done, p.tuples_total,
       p.lockers_done, p.lockers_total
  FROM pg_stat_progress_create_index AS p
 WHERE p.pid = CAST(%(pid)s AS int)
   AND p.datid = (SELECT oid FROM pg_database WHERE datname = current_database())
