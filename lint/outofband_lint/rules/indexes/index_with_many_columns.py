"""index-with-many-columns."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import CreateIndex

_MOST = 3


@statement_rule(
    opt_in=True,
    severity="warning",
    failure="an index as wide as its table, of which the last columns rarely find fewer rows",
    aliases=("add_index_columns", "GN005"),
    given="""
        CREATE TABLE t (a int, b int, c int, d int, e int);
        CREATE TABLE "T" ("A" int, b int, c int, d int)
    """,
    bad=(
        "CREATE INDEX ix ON t (a, b, c, d)",
        'create index on "T" ("A", b, c, d)',
        "CREATE INDEX ix ON t (a, b, (c + 1), d, e) WHERE a > 0",
    ),
    good=(
        "CREATE INDEX ix ON t (a, b, c)",
        "CREATE UNIQUE INDEX ix ON t (a, b, c, d)",
        "CREATE INDEX ix ON t (a) INCLUDE (b, c, d)",
    ),
)
def index_with_many_columns(
    statement: CreateIndex, schema: Schema, _context: StatementContext
) -> Iterator[Violation]:
    """An index that is not unique has more than three keys.

    Cost: the more columns, the larger the index, the more updates have to write it, and the fewer
    queries begin with its columns.

    Instead: begin with the columns that find few rows, and leave out the others or put them into
    `postgresql_include` of `op.create_index_out_of_band(…)`; in plain Alembic the same with
    `op.create_index(…)`.

    Allowed when: a query filters by all of them and two or three do not find few rows.

    Source: PostgreSQL 18, chapter 11.3 (multicolumn indexes).
    """
    if statement.unique or len(statement.keys) <= _MOST:
        return
    table = schema.table(statement.table)
    named = shown(table.name if table else statement.table)
    keys = list(map(str, statement.keys))
    yield Violation(
        f"The index on {named} has {len(keys)} keys ({', '.join(keys)}): it is large, and most "
        f"writes to {named} write it.",
        f"Put first what finds few rows, [{', '.join(keys[:_MOST])}], and leave out the rest or "
        "put it into postgresql_include=[…]",
    )
