-- What was run in this database (pg_stat_statements). Its columns differ between versions of the
-- extension, hence the json; $schema is where it is installed.
SELECT st.told ->> 'query' AS query,
       (st.told ->> 'calls')::bigint AS calls,
       coalesce(st.told ->> 'total_exec_time', st.told ->> 'total_time')::float8 AS total_exec_time
  FROM (SELECT to_jsonb(s) AS told
          FROM $schema.pg_stat_statements AS s
         WHERE s.dbid = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())) AS st
