"""deferred-index-needed-at-once."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Index, Schema
from outofband_lint.settings import Settings
from outofband_lint.source import Source
from outofband_lint.spelling import shown
from outofband_lint.statement import CreateIndex

_PATH = "versions/2_example.py"


def _sent(add: str, create: str) -> tuple[Source, ...]:
    return Source(add, _PATH, 8), Source(create, _PATH, 9, out_of_band=True)


_ADD = "ALTER TABLE events ADD COLUMN tenant int"
_CREATE = "CREATE INDEX ix ON events (tenant)"


@statement_rule(
    severity="warning",
    failure="the new code runs without its index until somebody has built it",
    given="""
        CREATE TABLE events (id bigint PRIMARY KEY, kind text);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint)
    """,
    bad=(
        Example(sources=_sent(_ADD, _CREATE)),
        Example(sources=_sent(_ADD, "CREATE INDEX ON events (lower(kind), (tenant + 1))")),
        Example(
            sources=_sent(
                'ALTER TABLE app."Orders" ADD COLUMN "tenantId" int',
                'CREATE UNIQUE INDEX "Ix" ON app."Orders" (id) WHERE "tenantId" = 1',
            )
        ),
    ),
    good=(
        Example("CREATE INDEX ix ON events (kind)", out_of_band=True),
        f"{_ADD}; {_CREATE}",
        Example(sources=_sent("CREATE TABLE t (a int)", "CREATE INDEX ix ON t (a)")),
        Example(sources=_sent(_ADD, _CREATE), settings=Settings(small=("events",))),
    ),
)
def deferred_index_needed_at_once(
    statement: CreateIndex, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """An out-of-band index is on a column that the same release adds, so it cannot be built ahead.

    Cost: `outofband apply --to head` builds before the deploy what is on tables and columns that
    exist. This column does not, so the upgrade defers the index, and the new code queries the
    column without it until `outofband apply` has run once more.

    Instead: add the column in one release with `op.add_column(…)` and declare the index in the
    next, or let the application ask `outofband.ready(connection, "…")` before it uses the column.
    In plain Alembic: the same, with the index built between the two deploys.

    Allowed when: the table is new, or small (say so in `small`): then it is built inline.

    Source: outofband's contract, the order of a release; PostgreSQL 18, CREATE INDEX.
    """
    table = schema.table(statement.table)
    if not context.source.out_of_band or table is None or not context.is_existing(table):
        return
    if context.is_small(table.name):
        return
    names = Index("", statement.keys, statement.include, where=statement.where).columns
    new = [
        column.name
        for column in table.columns
        if column.name in names and not context.is_deployed(column.revision)
    ]
    if not new:
        return
    named = shown(table.name)
    name = statement.name or "the index"
    yield Violation(
        f"Column {', '.join(new)} of {named} comes with this release, so {name} cannot be built "
        f"ahead: the new code reads all of {named} until outofband apply has run after the deploy.",
        f"Split it into two releases, the column first, or let the application ask "
        f'outofband.ready(connection, "{name}"). Without outofband, build the index between the '
        "two deploys",
    )
