SELECT
    id, role, host, pid, version, stores, mode,
    extract(epoch FROM clock_timestamp() - heartbeat_at)::float AS seconds
FROM lsif_roles
WHERE heartbeat_at > clock_timestamp() - make_interval(secs => $1)
ORDER BY role, host, pid, id
