SELECT
    EXISTS (SELECT FROM lsif_data_metadata WHERE dump_id = $1) AS has_rows,
    EXISTS (SELECT FROM lsif_tombstones WHERE dump_id = $1) AS is_buried,
    (SELECT mode FROM lsif_mode) AS mode,
    moved.path, moved.bytes, moved.sha256
FROM (VALUES (1)) AS one (row)
LEFT JOIN lsif_moved_bundles AS moved ON moved.dump_id = $1
