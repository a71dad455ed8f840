"""Statements that lock tables, or work on what they occupy.

Source: PostgreSQL 18, LOCK, VACUUM, ANALYZE, CLUSTER, REFRESH MATERIALIZED VIEW; 19, REPACK.
"""

from __future__ import annotations

from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.options import is_on, options
from outofband_lint.statement import (
    Analyze,
    Cluster,
    LockTable,
    RefreshMaterializedView,
    Repack,
    Statement,
    Vacuum,
)


def lock(cursor: Cursor) -> Statement:
    """Read LOCK TABLE."""
    cursor.expect("lock")
    cursor.accept("table")
    tables = cursor.listed(cursor.table)
    mode = "ACCESS EXCLUSIVE"
    if cursor.accept("in"):
        mode = _mode(cursor)
    return LockTable(tables, mode, nowait=cursor.accept("nowait"))


def _mode(cursor: Cursor) -> str:
    words = []
    while not cursor.accept("mode"):
        words.append(cursor.identifier())
    spelled = " ".join(words).upper()
    if spelled not in {mode.value for mode in LockMode}:
        cursor.fail("a lock mode")
    return spelled


def vacuum(cursor: Cursor) -> Statement:
    """Read VACUUM, its options in parentheses or before the tables."""
    cursor.expect("vacuum")
    chosen = options(cursor)
    full, analyze = is_on(chosen, "full"), is_on(chosen, "analyze", "analyse")
    while word := cursor.accept_any("full", "freeze", "verbose", "analyze", "analyse"):
        full = full or word == "full"
        analyze = analyze or word in ("analyze", "analyse")
    return Vacuum(_tables(cursor), full=full, analyze=analyze)


def analyze(cursor: Cursor) -> Statement:
    """Read ANALYZE."""
    cursor.accept_any("analyze", "analyse")
    options(cursor)
    cursor.accept("verbose")
    return Analyze(_tables(cursor))


def _tables(cursor: Cursor) -> tuple[QualifiedName, ...]:
    return () if cursor.at_end() else cursor.listed(lambda: _table(cursor))


def _table(cursor: Cursor) -> QualifiedName:
    """Read a table and, where they stand, the columns to analyze."""
    table = cursor.table()
    if cursor.sees_symbol("("):
        cursor.skip_group()
    return table


def cluster(cursor: Cursor) -> Statement:
    """Read CLUSTER, in its present form and in the old one that names the index first."""
    cursor.expect("cluster")
    options(cursor)
    cursor.accept("verbose")
    if cursor.at_end():
        return Cluster()
    name = cursor.name()
    if cursor.accept("on"):
        return Cluster(cursor.name(), name.name)
    return Cluster(name, cursor.identifier() if cursor.accept("using") else None)


def repack(cursor: Cursor) -> Statement:
    """Read REPACK."""
    cursor.expect("repack")
    concurrently = is_on(options(cursor), "concurrently")
    if cursor.at_end():
        return Repack(concurrently=concurrently)
    table = _table(cursor)
    if cursor.accept("using", "index") and not cursor.at_end():
        cursor.identifier()
    return Repack(table, concurrently)


def refresh_materialized_view(cursor: Cursor) -> Statement:
    """Read REFRESH MATERIALIZED VIEW."""
    cursor.expect("refresh", "materialized", "view")
    concurrently = cursor.accept("concurrently")
    view = cursor.name()
    without = cursor.accept("with", "no", "data")
    cursor.accept("with", "data")
    return RefreshMaterializedView(view, concurrently, with_data=not without)
