"""An index on a partitioned table, step by step in plain Alembic."""

from __future__ import annotations

from outofband_lint.names import QualifiedName, clip
from outofband_lint.schema import Schema, Table
from outofband_lint.spelling import AUTOCOMMIT, execute, shown
from outofband_lint.statement import CreateIndex


def steps(statement: CreateIndex, table: Table, schema: Schema) -> str:
    """Return a help's plain form: ON ONLY the parent, one build a partition, then ATTACH."""
    name = statement.name or clip(f"ix_{table.name.name}")
    partitions = [t for t in schema.tables.values() if t.partition_of == table.name]
    child = partitions[0].name if partitions else QualifiedName("…")
    built = QualifiedName(clip(f"{child.name}_{name}") if partitions else "…")
    keys = ", ".join(map(str, statement.keys))
    unique = "UNIQUE " if statement.unique else ""
    parent = execute(
        f"CREATE {unique}INDEX {QualifiedName(name)} ON ONLY {shown(table.name)} ({keys})"
    )
    build = execute(f"CREATE {unique}INDEX CONCURRENTLY {built} ON {shown(child)} ({keys})")
    attach = execute(f"ALTER INDEX {QualifiedName(name)} ATTACH PARTITION {built}")
    return f"{parent}; then for each partition, {AUTOCOMMIT} {build}; and {attach}"
