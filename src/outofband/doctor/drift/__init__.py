"""Is the database as the applied revisions say? One file a kind of difference."""
