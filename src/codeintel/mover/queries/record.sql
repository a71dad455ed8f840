INSERT INTO lsif_moved_bundles (dump_id, host, path, bytes, sha256)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (dump_id) DO UPDATE SET
    host = excluded.host, path = excluded.path, bytes = excluded.bytes, sha256 = excluded.sha256,
    moved_at = excluded.moved_at
