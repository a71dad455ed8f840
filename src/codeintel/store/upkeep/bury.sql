INSERT INTO lsif_tombstones (dump_id) VALUES ($1) ON CONFLICT (dump_id) DO NOTHING
