"""What a revision does, statement by statement, and the schema after each."""

from __future__ import annotations

from collections.abc import Iterable

from outofband_lint.reader import read
from outofband_lint.schema import Schema, fold
from outofband_lint.source import Revision, Source
from outofband_lint.statement import Barrier, NotRendered, Statement

Script = list[tuple[int, Source, Statement]]
"""Each statement with its source, and the position of that in the revision."""


def script_of(revision: Revision) -> Script:
    """Return what a revision does, each statement with its source and that source's position."""
    script = [
        (position, source, statement)
        for position, source in enumerate(revision.sources)
        for statement in _statements(source)
    ]
    if revision.problem is not None:
        place = Source("", revision.path, revision.problem.line)
        script.append((len(revision.sources), place, NotRendered(revision.problem.reason)))
    return script


def _statements(source: Source) -> Iterable[Statement]:
    if source.barrier is not None:
        return (Barrier(source.barrier),)
    return read(source.sql)


def numbers(script: Script) -> dict[type[Statement], list[int]]:
    """Return at which numbers the statements of each type stand."""
    found: dict[type[Statement], list[int]] = {}
    for number, (_, _, statement) in enumerate(script):
        found.setdefault(type(statement), []).append(number)
    return found


def folded(schema: Schema, statement: Statement, revision: Revision, source: Source) -> Schema:
    """Return the schema after a statement of a revision."""
    band = source.out_of_band
    return fold(schema, statement, revision=revision.id, out_of_band=band, source=source)
