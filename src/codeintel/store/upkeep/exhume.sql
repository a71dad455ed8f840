DELETE FROM lsif_tombstones WHERE dump_id = $1
