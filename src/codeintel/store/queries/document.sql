SELECT data FROM lsif_data_documents WHERE dump_id = $1 AND path = $2 LIMIT 1
