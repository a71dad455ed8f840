SELECT count(*) FROM lsif_moved_bundles WHERE NOT dump_id = ANY ($1::integer[])
