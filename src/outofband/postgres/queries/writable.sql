-- Whether this session may write at all.
SELECT pg_is_in_recovery() AS standby, current_setting('transaction_read_only')::boolean AS read_only
