"""database-dropped."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.statement import Understood


@statement_rule(
    aliases=("ban-drop-database", "US008", "drop-database"),
    failure="everything in the database is gone at once, and no transaction brings it back",
    bad=(
        Example("DROP DATABASE reports", autocommit=True, measured=False),
        Example('drop database if exists "Reports" with (force)', autocommit=True, measured=False),
        Example("DROP DATABASE reports", measured=False),
    ),
    good=(
        Example("CREATE DATABASE reports", autocommit=True, measured=False),
        "DROP TABLE IF EXISTS database",
    ),
)
def database_dropped(
    statement: Understood, _schema: Schema, _context: StatementContext
) -> Iterator[Violation]:
    """A revision drops a database.

    Cost: all that is in it is gone, whether or not the upgrade succeeds: DROP DATABASE runs outside
    transactions. WITH (FORCE) ends the sessions of whoever works in it.

    Instead: rename it first, `op.execute("ALTER DATABASE … RENAME TO …")`, and drop it by hand once
    nobody has missed it and a backup is there. In plain Alembic it is the same.

    Allowed when: never in a revision.

    Source: PostgreSQL 18, DROP DATABASE.
    """
    if statement.kind == "drop database":
        yield Violation(
            "Dropping a database deletes all that is in it, and no transaction brings it back.",
            "Remove the statement, and drop the database by hand once a backup is there.",
        )
