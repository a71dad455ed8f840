-- Take out what was known of the columns.
DELETE FROM pg_statistic WHERE starelid = ANY (%(oids)s::oid[])
