"""Which tables in use a statement writes without saying which of their rows."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.names import QualifiedName
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import Query
from outofband_lint.statement.data import Verb


def written_whole(
    query: Query, verb: Verb, schema: Schema, context: StatementContext
) -> Iterator[QualifiedName]:
    """Yield the tables in use whose every row the deploy updates or deletes, by their full names.

    A table that is neither large nor small to the project, because it names others as large, is
    nothing to speak of.
    """
    if context.source.out_of_band:
        return
    for write in query.writes:
        table = context.existing(write.table, schema)
        if write.verb != verb or write.has_where or table is None:
            continue
        if context.is_large(table) or context.is_small(table):
            yield table


def name_the_rows(table: QualifiedName) -> str:
    """Return what to do instead of writing a whole table in the deploy."""
    return (
        f"Name the rows of {shown(table)} that are meant, or move the work out of the deploy: "
        "op.backfill_out_of_band(…). Without outofband, a script that works in batches"
    )
