"""Rules about tables and all other objects."""
