"""table-truncated."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import Truncate


@statement_rule(
    aliases=("ban-truncate-cascade", "US029", "TruncateTable", "truncate", "truncate-table"),
    lock=LockMode.ACCESS_EXCLUSIVE,
    given="""
        CREATE TABLE events (id bigint PRIMARY KEY);
        CREATE TABLE orders (id bigint);
        CREATE SCHEMA app;
        CREATE TABLE app."Log" (id bigint)
    """,
    bad=(
        "TRUNCATE events",
        'truncate table only app."Log" restart identity',
        "TRUNCATE events, orders",
        "TRUNCATE public.EVENTS CASCADE",
    ),
    good=(
        "CREATE TABLE fresh (a int); TRUNCATE fresh",
        "CREATE TEMP TABLE staging (a int); TRUNCATE staging",
        "DELETE FROM orders WHERE id = 1",
    ),
)
def table_truncated(
    statement: Truncate, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A table in use is emptied with TRUNCATE, with CASCADE also all that refer to it.

    Cost: the rows are gone for everybody, transactions with an older snapshot included, and cannot
    be had back. TRUNCATE takes an ACCESS EXCLUSIVE lock: it waits for every query on the table, and
    all later ones queue behind it. CASCADE empties every table with a foreign key to these.

    Instead: delete what is no longer wanted in batches, outside the deploy, from a script of your
    own; in plain Alembic, `op.execute("DELETE FROM … WHERE …")` for a handful of rows.

    Allowed when: the revision itself creates the table and there is no CASCADE, which may reach
    tables that nobody sees here.

    Source: PostgreSQL 18, TRUNCATE.
    """
    tables = statement.tables if statement.cascade else _existing(statement, schema, context)
    if not tables:
        return
    named = ", ".join(str(shown(table)) for table in tables)
    more = ", and all tables with a foreign key to them," if statement.cascade else ""
    yield Violation(
        f"TRUNCATE of {named}{more} removes every row for good and takes an ACCESS EXCLUSIVE lock: "
        f"{LockMode.ACCESS_EXCLUSIVE.blocks} waits until the migration's transaction ends.",
        "Remove what is not wanted in batches, outside the deploy, naming every table. Without "
        "outofband it is the same",
    )


def _existing(
    statement: Truncate, schema: Schema, context: StatementContext
) -> tuple[QualifiedName, ...]:
    tables = (context.existing(name, schema) for name in statement.tables)
    return tuple(table for table in tables if table is not None)
