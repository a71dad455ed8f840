"""Which locks the linter says that a statement takes, to set beside those that were seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from outofband.rehearse.trace import Lock, Traced
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.reader import read
from outofband_lint.schema import Schema, fold
from outofband_lint.schema.values import DEFAULT_SCHEMA
from outofband_lint.source import Revision
from outofband_lint.statement import NotUnderstood
from outofband_lint.statement_locks import locks

Surprise = tuple[Traced, tuple[Lock, ...]]
"""A statement, and what it locked beyond what was predicted."""


def surprises(schema: Schema, statements: Iterable[Traced]) -> Iterator[Surprise]:
    """Yield the statements that locked a table more strongly than predicted, upgrading.

    ``schema`` is what was before the first of them. Weaker than what stops a write is not
    looked at, nor is a statement that was not understood: the linter has a finding for it.
    """
    for traced in statements:
        modes: dict[QualifiedName, int] = {}
        understood = True
        for statement in read(traced.sql):
            understood = understood and not isinstance(statement, NotUnderstood)
            for table, mode in locks(statement, schema):
                name = QualifiedName(table.name, table.schema or DEFAULT_SCHEMA)
                modes[name] = max(mode.strength, modes.get(name, 0))
            schema = fold(schema, statement, revision=traced.revision)
        beyond = tuple(
            lock
            for lock in traced.locks
            if lock.mode.conflicts_with(LockMode.ROW_EXCLUSIVE)
            and lock.mode.strength > modes.get(lock.table, -1)
        )
        if beyond and understood:
            yield traced, beyond


def schema_of(revisions: Sequence[Revision], began: tuple[int, Schema] | None) -> Schema:
    """Return the schema that revisions leave behind; ``began`` is how many of a chain some have
    folded, and what came of it: if these are those, it is that.
    """
    if began is not None and began[0] == len(revisions):
        return began[1]
    schema = Schema()
    for revision in revisions:
        for source in revision.sources:
            for statement in read(source.sql):
                schema = fold(schema, statement, revision=revision.id)
    return schema
