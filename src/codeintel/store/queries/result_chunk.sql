SELECT data FROM lsif_data_result_chunks WHERE dump_id = $1 AND idx = $2 LIMIT 1
