"""autocommit-after-changes."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Sent, StatementContext
from outofband_lint.example import Example
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.source import Source
from outofband_lint.spelling import shown
from outofband_lint.statement import (
    AddEnumValue,
    AlterTable,
    Barrier,
    CreateIndex,
    CreateTable,
    CreateTableAs,
    DropIndex,
    DropTable,
    Query,
    Statement,
)

_PATH = "versions/2_example.py"


def _then(first: str, second: str, *, out_of_band: bool = False) -> Example:
    """Return what stands in the transaction, then what stands in an autocommit block."""
    return Example(
        sql=first,
        sources=(
            Source(first, _PATH, 8, out_of_band=out_of_band),
            Source(second, _PATH, 10, in_transaction=False),
        ),
    )


@statement_rule(
    aliases=("mixed-autocommit", "concurrent-statement-not-alone", "move-concurrent-index"),
    failure="the changes before stay without a stamp: after a failure the retry fails on them",
    given="""
        CREATE TABLE events (id bigint, kind text);
        CREATE TYPE mood AS ENUM ('sad');
        CREATE SCHEMA app;
        CREATE TABLE app."Log" (id bigint)
    """,
    bad=(
        _then("ALTER TABLE events ADD COLUMN a int", "CREATE INDEX CONCURRENTLY ix ON events (a)"),
        _then(
            'alter table app."Log" add column a int',
            'create index concurrently "Ix" on app."Log" (a)',
        ),
        _then("INSERT INTO events VALUES (1, 'a')", "CREATE INDEX CONCURRENTLY ix ON events (id)"),
        _then("ALTER TABLE events ADD COLUMN m mood", "ALTER TYPE mood ADD VALUE 'glad'"),
    ),
    good=(
        Example("CREATE INDEX CONCURRENTLY ix ON events (id)", autocommit=True, measured=False),
        _then("SET lock_timeout = '2s'", "CREATE INDEX CONCURRENTLY ix ON events (id)"),
        _then("SELECT 1", "CREATE INDEX CONCURRENTLY ix ON events (id)"),
        _then(
            "ALTER TABLE events ADD COLUMN IF NOT EXISTS a int",
            "CREATE INDEX CONCURRENTLY ix ON events (a)",
        ),
        _then("DROP INDEX IF EXISTS ix", "CREATE INDEX CONCURRENTLY ix ON events (id)"),
        _then(
            "CREATE INDEX ix ON events (id)", "ALTER TYPE mood ADD VALUE 'glad'", out_of_band=True
        ),
    ),
)
def autocommit_after_changes(
    statement: Statement, _schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """An autocommit block stands behind changes of the same revision.

    Cost: entering the block commits what came before, and the revision is stamped only at its end.
    Where the block fails, and a concurrent build often does, the changes are there and the stamp is
    not: the next `alembic upgrade` runs them again and fails with "already exists".

    Instead: give the autocommit block a revision of its own, or declare the index with
    `op.create_index_out_of_band(…)`, which needs no block. In plain Alembic, two revisions.

    Allowed when: nothing before the block changes anything, or what does may run twice (IF NOT
    EXISTS, IF EXISTS). Before ALTER TYPE … ADD VALUE, which hardly fails, it is a warning.

    Source: Alembic, MigrationContext.autocommit_block(): the transaction before it is committed.
    PostgreSQL 18, COMMIT.
    """
    if context.source.in_transaction or context.revision.is_sql_file:
        return
    if not context.earlier or not context.earlier[-1].source.in_transaction:
        return
    changed = _changed_before(context)
    if changed is None:
        return
    yield Violation(
        f"{_said(changed.statement)} on line {changed.source.line} is committed when the "
        "autocommit block begins, and the revision is stamped only at its end: if the block fails, "
        "the next upgrade runs it again and fails.",
        "Split the autocommit block into a revision of its own, or declare the index with "
        "op.create_index_out_of_band(…). Without outofband, two revisions",
        severity="warning" if isinstance(statement, AddEnumValue) else None,
    )


def _changed_before(context: StatementContext) -> Sent | None:
    """Return what changes something since the last autocommit block and may not run twice."""
    for sent in reversed(context.earlier):
        if not sent.source.in_transaction:
            return None
        if not sent.source.out_of_band and _fails_again(sent.statement):
            return sent
    return None


def _fails_again(statement: Statement) -> bool:
    match statement:
        case Query(writes=writes):
            return any(write.verb == "insert" for write in writes)
        case AlterTable(actions=actions):
            return not all(
                getattr(a, "if_not_exists", False) or getattr(a, "if_exists", False)
                for a in actions
            )
        case CreateTable() | CreateTableAs() | CreateIndex() | AddEnumValue():
            return not statement.if_not_exists
        case DropTable() | DropIndex():
            return not statement.if_exists
        case Barrier():
            return False
    return type(statement).__name__.startswith(("Create", "Rename", "Drop"))


def _said(statement: Statement) -> str:
    """Name a change by its first words and its table."""
    match statement:
        case Query(kind=kind, writes=(write, *_)):
            return f"The {kind.upper()} of {shown(write.table)}"
        case AlterTable(table=table):
            return f"The ALTER TABLE of {shown(table)}"
        case CreateTable(table=table) | CreateTableAs(table=table) | CreateIndex(table=table):
            return f"What is created on {shown(table)}"
    return f"{' '.join(statement.sql.split()[:3])}"
