"""revision-not-rendered."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.statement import NotRendered


@statement_rule(
    failure="whatever the revision sends besides its literal operations is not judged",
    bad=(
        Example(problem="it reads the result of a query"),
        Example("CREATE TABLE t (id int PRIMARY KEY)", problem="it asks for the inspector"),
        Example('ALTER TABLE "T" ADD COLUMN a int', problem="no module named 'shop'"),
    ),
    good=(
        Example("CREATE TABLE t (id int PRIMARY KEY)"),
        Example('UPDATE "T" SET a = 1'),
    ),
)
def revision_not_rendered(
    statement: NotRendered, _schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A revision could not be rendered without a database, so not all of it was judged.

    Cost: its literal operations were read from the syntax tree; whatever else it sends may lock a
    table or lose an index, and nobody saw it.

    Instead: keep what reads the database out of the schema change: a revision of its own for the
    data, or a query in SQL (`op.execute("UPDATE … FROM …")`) in place of a loop over rows. That is
    plain Alembic; `outofband rehearse` sees such a revision on a real server.

    Allowed when: the rest of the revision was read by a person.

    Source: Alembic 1.20, "Generating SQL Scripts (a.k.a. Offline Mode)"; PostgreSQL 18.
    """
    yield Violation(
        f"Revision {context.revision.id} could not be rendered without a database: "
        f"{statement.reason}. Only its literal operations were judged.",
        "Move what needs the database into a revision of its own, or write it as SQL that "
        "op.execute sends",
    )
