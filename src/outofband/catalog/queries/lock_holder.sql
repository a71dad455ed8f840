-- Who holds the advisory lock of a table: the keys of the two-key form are classid and objid, objsubid is 2.
SELECT l.pid
  FROM pg_locks AS l
 WHERE l.locktype = 'advisory'
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND l.classid = CAST(CAST(%(class)s AS bigint) AS oid)
   AND l.objid = CAST(CAST(%(table)s AS bigint) AS oid)
   AND l.objsubid = 2
   AND l.granted
