"""duplicate-column-assignment."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.names import quote
from outofband_lint.reader.tokens import Unreadable, tokenize
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import Query, Write


@statement_rule(
    aliases=("ban-duplicate-column-assignments", "duplicate-column-assignments"),
    sqlstate="42601",
    failure="42601 or 42701: Postgres refuses the statement and the upgrade rolls back",
    given="""
        CREATE TYPE pair AS (a int, b int);
        CREATE TABLE events (id bigint, kind text, "Kind" text, tags int[], both_ pair);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint)
    """,
    bad=(
        "UPDATE events SET kind = 'a', KIND = 'b' WHERE id = 1",
        'update app."Orders" set id = 1, "id" = 2',
        "UPDATE events SET (kind, id) = ('a', 1), kind = 'b'",
        "CREATE TABLE fresh (a int); UPDATE fresh SET a = 1, a = 2",
        # 42701 duplicate_column, which is another state than an UPDATE's
        Example("INSERT INTO events (id, kind, id) VALUES (1, 'a', 2)", measured=False),
    ),
    good=(
        "UPDATE events SET kind = 'a', \"Kind\" = 'b' WHERE id = 1",
        "UPDATE events SET tags[1] = 1, tags[2] = 2 WHERE id = 1",
        "UPDATE events SET both_.a = 1, both_.b = 2 WHERE id = 1",
        "INSERT INTO events (id, kind) VALUES (1, 'a')",
    ),
)
def duplicate_column_assignment(
    statement: Query, _schema: Schema, _context: StatementContext
) -> Iterator[Violation]:
    """A statement gives one column two values.

    Cost: Postgres refuses it, 42601 for an UPDATE and 42701 for an INSERT, on every database, and
    the upgrade rolls back.

    Instead: keep the value that is meant; in `op.execute(…)` as in any SQL, plain Alembic's forms
    take a dict and cannot say it.

    Allowed when: the two are elements of an array or fields of a composite.

    Source: PostgreSQL 18, UPDATE; INSERT.
    """
    for write in statement.writes:
        twice = [c for c in dict.fromkeys(write.columns) if write.columns.count(c) > 1]
        twice = [column for column in twice if not _is_part(column, statement)]
        if twice:
            yield _violation(write, twice[0])


def _violation(write: Write, column: str) -> Violation:
    words = "UPDATE" if write.verb == "update" else "INSERT"
    return Violation(
        f"The {words} of {shown(write.table)} assigns {quote(column)} more than once: Postgres "
        "refuses it and the upgrade rolls back.",
        f"Keep the one value that {quote(column)} is to have. Without outofband it is the same",
    )


def _is_part(column: str, statement: Query) -> bool:
    """Tell whether elements or fields of the column are assigned."""
    try:
        texts = tokenize(statement.sql).texts
    except Unreadable:
        return True
    return any(
        text.removeprefix('"') == column and following in ("[", ".")
        for text, following in pairwise(texts)
    )
