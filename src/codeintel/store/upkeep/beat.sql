UPDATE lsif_roles SET heartbeat_at = clock_timestamp(), mode = $2 WHERE id = $1
