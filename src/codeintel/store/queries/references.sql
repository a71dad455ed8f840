SELECT data FROM lsif_data_references WHERE dump_id = $1 AND scheme = $2 AND identifier = $3 LIMIT 1
