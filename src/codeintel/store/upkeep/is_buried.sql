SELECT EXISTS (SELECT FROM lsif_tombstones WHERE dump_id = $1)
