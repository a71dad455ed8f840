-- Whether the role may let a foreign key refer to columns of a table (PostgreSQL 18, GRANT, REFERENCES), and who owns it.
SELECT pg_get_userbyid(c.relowner)::text AS owner,
       has_table_privilege(c.oid, 'REFERENCES')
       OR (SELECT bool_and(has_column_privilege(c.oid, a.attnum, 'REFERENCES'))
             FROM pg_attribute AS a
            WHERE a.attrelid = c.oid AND a.attname = ANY (CAST(%(columns)s AS text[]))) AS may_reference
  FROM pg_class AS c
 WHERE c.oid = %(table)s
