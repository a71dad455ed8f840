"""Which tables a session has emptied: whatever reads or writes all their rows costs nothing."""

from __future__ import annotations

from dataclasses import replace

from outofband_lint.names import QualifiedName
from outofband_lint.schema.state import Schema
from outofband_lint.statement import Copy, Query, Statement, Truncate


def after_rows(schema: Schema, statement: Statement) -> Schema:
    """Return the schema after a statement that writes rows; it differs in `emptied` only."""
    match statement:
        case Truncate(tables=tables):
            emptied = schema.emptied.union(_full(name, schema) for name in tables)
        case Query(writes=writes) if writes:
            emptied = schema.emptied
            for write in writes:
                table = {_full(write.table, schema)}
                removes_all = write.verb == "delete" and not write.has_where
                emptied = emptied | table if removes_all else _filled(emptied, table, write.verb)
        case Copy(table=QualifiedName() as name, from_=True):
            emptied = schema.emptied - {_full(name, schema)}
        case _:
            return schema
    return schema if emptied == schema.emptied else replace(schema, emptied=emptied)


def _filled(
    emptied: frozenset[QualifiedName], table: set[QualifiedName], verb: str
) -> frozenset[QualifiedName]:
    return emptied - table if verb in ("insert", "merge") else emptied


def _full(name: QualifiedName, schema: Schema) -> QualifiedName:
    found = schema.table(name)
    return name if found is None else found.name
