-- What a server is asked before anything is rehearsed on it: whether it takes a new database, and what it holds
-- already. An empty database has 8 MB. Those of the providers themselves cannot be looked into by anybody.
SELECT current_user::text AS role,
       pg_is_in_recovery() AS is_standby,
       (SELECT r.rolsuper OR r.rolcreatedb FROM pg_roles AS r WHERE r.rolname = current_user) AS may_create,
       (SELECT count(*)
          FROM pg_class AS c
          JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
           AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')) AS tables,
       coalesce(array_agg(d.name ORDER BY d.name) FILTER (WHERE d.bytes IS NULL), '{}') AS unseen,
       coalesce(array_agg(d.name ORDER BY d.name) FILTER (WHERE d.bytes > %(most)s), '{}') AS filled
  FROM (SELECT o.datname::text AS name,
               CASE WHEN has_database_privilege(o.oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')
                    THEN pg_database_size(o.oid) END AS bytes
          FROM pg_database AS o
         WHERE NOT o.datistemplate
           AND o.datname !~ %(ours)s
           AND o.datname NOT IN ('rdsadmin', 'cloudsqladmin', 'alloydbadmin', 'azure_maintenance', 'azure_sys')
       ) AS d
