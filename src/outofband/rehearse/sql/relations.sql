-- Every table, materialized view and index of the project, for a first look.
-- Without a percent sign: this is sent through whatever driver the project has.
SELECT c.oid, n.nspname, c.relname, c.relkind, pg_relation_filenode(c.oid),
       pg_stat_get_xact_numscans(c.oid), coalesce(i.indisvalid, true), i.indrelid
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_index i ON i.indexrelid = c.oid
 WHERE c.relkind IN ('r', 'p', 'f', 'm', 'i', 'I')
   AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'outofband')
