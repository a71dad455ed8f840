"""Sessions of our own through psycopg, and what their errors mean: the only importer of psycopg."""
