SELECT path FROM lsif_data_documents WHERE dump_id = $1 AND path LIKE $2 || '%' ORDER BY path
