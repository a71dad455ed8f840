-- Whether our schema is there, and whether the role may create it, or tables in it.
SELECT n.oid IS NOT NULL AS exists,
       CASE WHEN n.oid IS NULL THEN has_database_privilege(current_database(), 'CREATE')
            ELSE has_schema_privilege(n.oid, 'CREATE') AND has_schema_privilege(n.oid, 'USAGE')
        END AS may_create
  FROM (SELECT CAST(%(schema)s AS text) AS name) AS asked
  LEFT JOIN pg_namespace AS n ON n.nspname = asked.name
