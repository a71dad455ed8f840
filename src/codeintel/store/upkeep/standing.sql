SELECT
    EXISTS (SELECT FROM lsif_data_metadata WHERE dump_id = $1) AS has_rows,
    EXISTS (SELECT FROM lsif_tombstones WHERE dump_id = $1) AS is_buried,
    (SELECT mode FROM lsif_mode) AS mode
