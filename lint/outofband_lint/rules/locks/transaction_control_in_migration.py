"""transaction-control-in-migration."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.source import Revision, Source
from outofband_lint.spelling import AUTOCOMMIT
from outofband_lint.statement import Statement, TransactionControl

_PATH = "versions/2_example.py"


def _file(*statements: tuple[str, bool]) -> tuple[Revision, ...]:
    """Return a file of SQL, each statement with whether it is in a transaction."""
    sources = tuple(
        Source(sql, _PATH, line, in_transaction=inside)
        for line, (sql, inside) in enumerate(statements, 8)
    )
    return (Revision(_PATH, _PATH, sources=sources),)


@statement_rule(
    aliases=(
        "transaction-nesting",
        "ban-uncommitted-transaction",
        "unclosed-transaction",
        "transaction-control",
    ),
    failure="what is committed by hand stays although the revision is not stamped: a retry fails",
    given="CREATE TABLE events (id bigint)",
    bad=(
        'COMMIT; ALTER TABLE events ADD COLUMN "A" int',
        "ALTER TABLE events ADD COLUMN a int; COMMIT; BEGIN",
        "rollback",
        "BEGIN; ALTER TABLE events ADD COLUMN a int",
        "SAVEPOINT a; ALTER TABLE events ADD COLUMN a int",
        Example(chain=_file(("BEGIN", True), ("CREATE TABLE t (a int)", True)), measured=False),
        Example(
            chain=_file(("BEGIN", True), ("START TRANSACTION", True), ("COMMIT", False)),
            measured=False,
        ),
    ),
    good=(
        "SAVEPOINT a; ALTER TABLE events ADD COLUMN a int; RELEASE SAVEPOINT a",
        "SAVEPOINT a; ALTER TABLE events ADD COLUMN a int; ROLLBACK TO SAVEPOINT a",
        "ALTER TABLE events ADD COLUMN a int",
        "DO $$ BEGIN ALTER TABLE events ADD COLUMN a int; END $$",
        Example(
            chain=_file(("BEGIN", True), ("CREATE TABLE t (a int)", True), ("COMMIT", False)),
            measured=False,
        ),
        Example("COMMIT", autocommit=True),
        Example("ROLLBACK", problem="it reads rows", measured=False),
    ),
)
def transaction_control_in_migration(
    statement: TransactionControl, _schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A revision begins or ends a transaction by hand.

    Cost: COMMIT ends the transaction that Alembic opened, and Alembic does not know: what came
    before stays although the revision is not stamped, so that a failure behind it leaves half a
    revision and the retry fails on what is there already. psycopg opens a transaction again before
    the next statement, so that CONCURRENTLY is refused all the same (25001, measured).

    Instead: put what may not stand in a transaction under
    `with op.get_context().autocommit_block():`, in a revision of its own; in plain Alembic it is
    the same. In a file of SQL, close what BEGIN opens.

    Allowed when: it is a savepoint that is released or rolled back to, an autocommit block
    surrounds it, or a file of SQL opens and closes its own transaction. A ROLLBACK of a revision
    that could not be rendered may be its answer to that, and is passed over.

    Source: PostgreSQL 18, COMMIT; BEGIN. Alembic, MigrationContext.autocommit_block().
    """
    problem = _in_file(statement, context) if context.revision.is_sql_file else None
    if problem is None and not context.revision.is_sql_file:
        problem = _in_revision(statement, context)
    if problem is not None:
        yield problem


def _in_revision(statement: TransactionControl, context: StatementContext) -> Violation | None:
    if not context.source.in_transaction:
        return None
    match statement:
        case TransactionControl("rollback", None) if context.revision.problem is not None:
            return None
        case TransactionControl("commit") | TransactionControl("rollback", None):
            words = statement.kind.upper()
            return Violation(
                f"{words} by hand ends the transaction that Alembic opened: what came before is "
                f"{'kept' if statement.kind == 'commit' else 'lost'} whatever becomes of the "
                "revision, and a retry does not find what it expects.",
                f"Put what may not stand in a transaction under {AUTOCOMMIT} in a revision of its "
                "own. Without outofband it is the same",
            )
        case TransactionControl("begin") if not _is_ended_anywhere(context):
            return Violation(
                "BEGIN by hand within Alembic's transaction begins nothing: Postgres only warns.",
                "Remove it: Alembic opens and closes the transaction. Without outofband it is the "
                "same",
            )
        case TransactionControl("savepoint", name) if not _is_released(name, context):
            return Violation(
                f"The savepoint {name} is neither released nor rolled back to.",
                "Use `with op.get_bind().begin_nested():` around what may fail. Without outofband "
                "it is the same",
                severity="warning",
            )
    return None


def _in_file(statement: TransactionControl, context: StatementContext) -> Violation | None:
    if statement.kind != "begin":
        return None
    if context.transaction:
        return Violation(
            "BEGIN within a transaction begins nothing: Postgres only warns, and the first COMMIT "
            "ends both.",
            "Remove the inner BEGIN and its COMMIT, or use SAVEPOINT; in Alembic, "
            "op.get_bind().begin_nested()",
            severity="warning",
        )
    if any(_ends(later) for _, later in context.later):
        return None
    return Violation(
        "The transaction that BEGIN opens is never committed: psql rolls all of it back at the "
        "end of the file, without an error.",
        "Write COMMIT at the end of the file",
    )


def _ends(statement: Statement) -> bool:
    match statement:
        case TransactionControl("commit") | TransactionControl("rollback", None):
            return True
    return False


def _is_ended_anywhere(context: StatementContext) -> bool:
    """Tell whether a COMMIT or ROLLBACK of the revision is what there is to say already."""
    return any(_ends(s) for _, s in context.later) or any(
        _ends(sent.statement) for sent in context.earlier
    )


def _is_released(name: str | None, context: StatementContext) -> bool:
    return any(
        isinstance(later, TransactionControl)
        and later.kind in ("release", "rollback")
        and later.savepoint == name
        for _, later in context.later
    )
