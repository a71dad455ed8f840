INSERT INTO lsif_data_metadata (dump_id, num_result_chunks) VALUES ($1, $2)
