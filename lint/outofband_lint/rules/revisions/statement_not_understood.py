"""statement-not-understood."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.statement import NotUnderstood


@statement_rule(
    failure="no rule can judge the statement, and the schema after it is uncertain",
    given="CREATE TABLE events (id bigint PRIMARY KEY)",
    bad=(
        "ALTER TABLE events FROBNICATE",
        'CREATE INDEX "Ix" ON events (id',
        "DO $$ BEGIN EXECUTE format('DROP TABLE %I', 'events'); END $$",
        "select 'unfinished",
    ),
    good=(
        "ALTER TABLE events VALIDATE CONSTRAINT c",
        'CREATE INDEX "Ix" ON ONLY events (id)',
        "DO $$ BEGIN CREATE TYPE t AS ENUM ('a'); EXCEPTION WHEN others THEN NULL; END $$",
        "SAVEPOINT a",
        "/* nothing */ ;",
    ),
)
def statement_not_understood(
    statement: NotUnderstood, _schema: Schema, _context: StatementContext
) -> Iterator[Violation]:
    """A statement is not understood, so nothing was judged about it.

    Cost: it may lock a table, drop an index or create one. What it does is unknown here, and
    whatever the following findings say about the schema may be wrong with it.

    Instead: write it as one of Alembic's operations or in a plainer form; compose no SQL inside a
    DO block. The form that outofband knows is `op.create_index_out_of_band(…)` and its sisters.

    Allowed when: a person has read it.

    Source: the grammar of outofband_lint, after PostgreSQL 18, SQL Commands.
    """
    yield Violation(
        f"This statement was not understood, so it was not judged: {statement.reason}.",
        "Write it as one of Alembic's operations or in a plainer form, one statement at a time",
    )
