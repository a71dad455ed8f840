SELECT
    asked.dump_id,
    EXISTS (SELECT FROM lsif_data_metadata AS stored WHERE stored.dump_id = asked.dump_id),
    extract(epoch FROM clock_timestamp() - tombstone.buried_at)::float,
    moved.host,
    moved.path,
    moved.bytes,
    moved.sha256,
    extract(epoch FROM clock_timestamp() - moved.moved_at)::float
FROM unnest($1::integer[]) AS asked (dump_id)
LEFT JOIN lsif_tombstones AS tombstone ON tombstone.dump_id = asked.dump_id
LEFT JOIN lsif_moved_bundles AS moved ON moved.dump_id = asked.dump_id
