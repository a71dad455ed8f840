-- Databases of rehearsals that nobody is at any more: whoever is holds the lock that is in the name.
SELECT d.datname::text AS name
  FROM pg_database AS d
 WHERE d.datname ~ %(ours)s
   AND pg_has_role(d.datdba, 'USAGE')
   AND NOT EXISTS (SELECT
                     FROM pg_locks AS l
                    WHERE l.locktype = 'advisory'
                      AND l.classid = %(class)s::int4::oid
                      AND l.objid = ('x' || right(d.datname, 8))::bit(32)::int4::oid)
