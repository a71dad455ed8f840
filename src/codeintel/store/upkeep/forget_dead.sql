DELETE FROM lsif_roles WHERE heartbeat_at < clock_timestamp() - interval '1 day'
