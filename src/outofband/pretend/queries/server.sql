-- What has to be so before a server may pretend: nobody reads the tables by himself, the files are as expected.
SELECT current_setting('autovacuum') AS autovacuum,
       current_setting('is_superuser') AS superuser,
       current_setting('block_size')::int AS block_size,
       pg_size_bytes(current_setting('segment_size')) AS segment_size,
       current_setting('data_directory') AS data_directory
