"""An independent reading of SQL: the trees of PostgreSQL's own grammar, as the reader's values."""
