SELECT num_result_chunks FROM lsif_data_metadata WHERE dump_id = $1
