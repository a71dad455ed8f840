SELECT
    (SELECT mode FROM lsif_mode) = 'postgres' OR EXISTS (SELECT FROM lsif_moved_bundles)
