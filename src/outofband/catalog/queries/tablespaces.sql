-- Whether the role may create in tablespaces; an empty name is where an index goes that names none. What the database
-- has by default needs no privilege (PostgreSQL 18, default_tablespace).
SELECT asked.name AS asked,
       coalesce(t.spcname::text, place.name) AS name,
       t.oid IS NOT NULL AS exists,
       t.oid IS NULL OR t.oid = d.dattablespace OR has_tablespace_privilege(t.oid, 'CREATE') AS may_create
  FROM unnest(CAST(%(names)s AS text[])) AS asked(name)
 CROSS JOIN LATERAL (SELECT coalesce(nullif(asked.name, ''), current_setting('default_tablespace')) AS name) AS place
  JOIN pg_database AS d ON d.datname = current_database()
  LEFT JOIN pg_tablespace AS t ON t.spcname = place.name
 WHERE place.name <> ''
