"""Rules about rows that a migration changes."""
