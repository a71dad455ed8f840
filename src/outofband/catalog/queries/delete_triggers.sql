-- The user's triggers that a DELETE of rows fires; bit 3 of tgtype is DELETE (PostgreSQL 18, pg_trigger).
SELECT t.tgname::text AS name
  FROM pg_trigger AS t
 WHERE t.tgrelid = CAST(CAST(%(table)s AS bigint) AS oid)
   AND NOT t.tgisinternal
   AND t.tgenabled <> 'D'
   AND t.tgtype & 8 <> 0
 ORDER BY 1
