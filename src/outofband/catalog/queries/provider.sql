-- Which of the roles, settings and functions are here that only a provider's servers have. current_setting, since
-- pg_settings is a function's result and may go to a temporary file, which the limit may forbid.
SELECT ARRAY(SELECT r.rolname::text FROM pg_roles AS r WHERE r.rolname = ANY (CAST(%(roles)s AS text[]))) AS roles,
       ARRAY(SELECT asked.name
               FROM unnest(CAST(%(settings)s AS text[])) AS asked(name)
              WHERE current_setting(asked.name, true) IS NOT NULL) AS settings,
       ARRAY(SELECT DISTINCT p.proname::text
               FROM pg_proc AS p
              WHERE p.proname = ANY (CAST(%(functions)s AS text[]))) AS functions
