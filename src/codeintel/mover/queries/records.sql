SELECT
    moved.dump_id,
    EXISTS (SELECT FROM lsif_data_metadata AS data WHERE data.dump_id = moved.dump_id),
    moved.path, moved.bytes, moved.sha256
FROM lsif_moved_bundles AS moved
WHERE moved.dump_id > $1 AND moved.host = $2
ORDER BY moved.dump_id
LIMIT 100
