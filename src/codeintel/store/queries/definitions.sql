SELECT data FROM lsif_data_definitions WHERE dump_id = $1 AND scheme = $2 AND identifier = $3 LIMIT 1
