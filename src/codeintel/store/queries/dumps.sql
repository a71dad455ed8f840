SELECT dump_id FROM lsif_data_metadata WHERE dump_id > $1 ORDER BY dump_id LIMIT $2
