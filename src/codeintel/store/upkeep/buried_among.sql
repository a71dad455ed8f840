SELECT dump_id FROM lsif_tombstones WHERE dump_id = ANY ($1::integer[])
