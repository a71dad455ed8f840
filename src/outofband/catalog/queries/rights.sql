-- What the role may do with tables: it owns one if it has the owner's privileges without SET ROLE. By oid, since a name in
-- a schema that the role may not use cannot be looked up.
SELECT c.oid::bigint AS oid,
       n.nspname::text AS schema,
       c.relname::text AS name,
       pg_get_userbyid(c.relowner)::text AS owner,
       (SELECT r.rolsuper FROM pg_roles AS r WHERE r.oid = c.relowner) AS superuser_owns,
       pg_has_role(c.relowner, 'USAGE') AS owns,
       pg_has_role(c.relowner, 'MEMBER') AS may_become_owner,
       has_schema_privilege(n.oid, 'USAGE') AS may_use,
       has_schema_privilege(n.oid, 'CREATE') AS may_create,
       has_table_privilege(c.oid, 'SELECT') AS may_read,
       has_table_privilege(c.oid, 'DELETE') AS may_delete
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.oid = ANY (CAST(%(tables)s AS bigint[])::oid[])
