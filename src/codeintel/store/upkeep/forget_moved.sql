DELETE FROM lsif_moved_bundles WHERE dump_id = $1
