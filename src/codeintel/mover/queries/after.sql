SELECT dump_id FROM lsif_data_metadata WHERE dump_id > %s ORDER BY dump_id LIMIT 100
