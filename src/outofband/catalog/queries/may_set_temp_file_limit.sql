-- Whether the role was granted what superusers may (PostgreSQL 15, GRANT SET ON PARAMETER).
SELECT has_parameter_privilege('temp_file_limit', 'SET') AS may
