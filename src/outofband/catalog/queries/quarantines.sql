-- The tables that moved rows are kept in. To the role that moved them they are as visible as any other.
SELECT c.relname::text AS name,
       pg_get_userbyid(c.relowner)::text AS owner,
       current_user::text AS role,
       has_table_privilege(c.oid, 'INSERT') AS may_add,
       has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'DELETE') AS may_take
  FROM pg_class AS c
  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'outofband_source' AND NOT a.attisdropped
 WHERE c.relnamespace = to_regnamespace(CAST(%(schema)s AS text))
   AND c.relkind = 'r'
 ORDER BY 1
