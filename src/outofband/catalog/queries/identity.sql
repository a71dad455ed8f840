-- Which database this is, under whatever name it was reached: two servers do not start within one
-- microsecond, and pg_control_system(), which would tell, may be withheld from this role.
SELECT pg_postmaster_start_time()::text AS server,
       d.oid::bigint AS database,
       current_schema() AS schema
  FROM pg_database AS d
 WHERE d.datname = current_database()
