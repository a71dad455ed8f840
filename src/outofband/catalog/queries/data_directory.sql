-- Where the server's files are, for a client by its Unix-domain socket, so on the same machine, whose role may know.
SELECT CASE WHEN inet_server_addr() IS NULL AND pg_has_role('pg_read_all_settings', 'USAGE')
            THEN current_setting('data_directory')
        END AS folder
