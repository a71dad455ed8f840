"""rows-read-in-migration."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import PATH, Example
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.source import Source
from outofband_lint.statement import Query, Understood


def _asking(sql: str, *more: Source) -> Example:
    return Example(sql, sources=(Source(sql, PATH, 8, rows_read=True), *more))


@statement_rule(
    severity="warning",
    failure="what the revision sends for each row that it finds was not judged",
    given='CREATE TABLE t (id int PRIMARY KEY, a text); CREATE TABLE "T" (id int PRIMARY KEY)',
    bad=(
        _asking("SELECT id, a FROM t"),
        _asking('SELECT count(*) FROM "T"', Source("UPDATE t SET a = '' WHERE id = 1", PATH, 9)),
        _asking("SELECT id FROM t", Source("SELECT a FROM t", PATH, 12, rows_read=True)),
    ),
    good=(
        Example("SELECT id, a FROM t"),
        Example("UPDATE t SET a = ''"),
    ),
)
def rows_read_in_migration(
    _statement: Query | Understood, _schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A revision reads rows, so what it sends depends on data that lint does not have.

    Cost: the revision was rendered as on a database without rows, then with one row for each
    question, and the operations that its syntax tree has besides were added. What other rows make
    it send was not judged; on a large table it runs for as long as the table is, in the deploy.

    Instead: one statement in SQL (`op.execute("UPDATE … FROM …")`) in place of a loop over rows, in
    plain Alembic as with outofband; large tables in batches, outside of the migrations.
    `outofband rehearse` sees such a revision on a real server.

    Allowed when: the table is small, and a person has read what is sent for each row.

    Source: PostgreSQL 18; outofband's decision "Rendered as in a deploy".
    """
    if not context.source.rows_read or any(s.source.rows_read for s in context.earlier):
        return
    yield Violation(
        f"Revision {context.revision.id} reads rows: what other rows make it send was not judged.",
        "Write it as one statement in SQL, or move it out of the migrations",
    )
