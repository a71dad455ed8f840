INSERT INTO lsif_mode (mode) VALUES ($1) ON CONFLICT (is_only) DO UPDATE SET mode = excluded.mode
