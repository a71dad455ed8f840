-- The session and its transaction. A statement that is alone is in one of its own; the times of
-- both, now() and statement_timestamp(), differ there too where a driver binds before it executes.
SELECT pid, virtualtransaction
  FROM pg_locks
 WHERE pid = pg_backend_pid() AND locktype = 'virtualxid'
