SELECT dump_id, moved.host
FROM lsif_data_metadata
LEFT JOIN lsif_moved_bundles AS moved USING (dump_id)
WHERE dump_id > %s
ORDER BY dump_id
LIMIT 100
