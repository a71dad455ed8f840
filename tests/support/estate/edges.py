"""The statements of a run that change something, in their order: what each does, the pattern that
finds it, and the how-manieth it is.
"""

from __future__ import annotations

Edge = tuple[str, str] | tuple[str, str, int]

EDGES: tuple[Edge, ...] = (
    ("the preflight", "-- What the role may do with tables"),
    ("a line of the journal", "INSERT INTO outofband.journal"),
    ("the lock of a table", "pg_try_advisory_lock"),
    ("the first build", '^CREATE INDEX CONCURRENTLY "Order'),
    ("the rename at its end", '^ALTER INDEX .*"Order.* RENAME'),
    ("the end of a step", "pg_advisory_unlock"),
    ("the quarantine", "^CREATE TABLE IF NOT EXISTS outofband"),
    ("the search for what may go", "^DECLARE outofband_pairs"),
    ("the locks of a batch", "FOR UPDATE NOWAIT"),
    ("the move of a batch", "outofband_stored"),
    ("the commit of a batch", "^COMMIT"),
    ("the next batch", "^FETCH", 2),
    ("the unique build", "^CREATE UNIQUE INDEX CONCURRENTLY"),
    ("its rename", "^ALTER INDEX .*%\\(u\\)s.* RENAME"),
    ("the promotion", "ADD CONSTRAINT"),
    ("the drop of the stand-in", '^DROP INDEX CONCURRENTLY .*"Order'),
    ("the build of a replacement", '^CREATE INDEX CONCURRENTLY "Größe__ob'),
    ("the drop of what it replaces", '^DROP INDEX CONCURRENTLY .*"Größe"$'),
    ("the rename in its place", 'RENAME TO "Größe"$'),
    ("the index over partitions", "ON ONLY"),
    ("the build of a partition's", "^CREATE INDEX CONCURRENTLY"),
    ("its attachment", "ATTACH"),
    ("the index over the inner partitions", "ON ONLY"),
    ("the attachment of what is attached to", "ATTACH", 2),
    ("the rename of the whole", 'RENAME TO "Ünïcödé[^"]*"$'),
)

_AMID_A_TRANSACTION = "the move of a batch", "the commit of a batch"
HELD_AT = tuple(edge for edge in EDGES if edge[0] not in _AMID_A_TRANSACTION)
"""Where a run may be held for long: not while it keeps rows locked, which it never does itself."""
