SELECT
    (SELECT mode FROM lsif_mode) = 'postgres'
    OR EXISTS (SELECT FROM lsif_moved_bundles)
    OR EXISTS (
        SELECT FROM lsif_roles
        WHERE role = 'mover' AND heartbeat_at > clock_timestamp() - make_interval(secs => $1)
    )
