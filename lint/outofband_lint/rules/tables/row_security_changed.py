"""row-security-changed."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterTable, RowSecurity, Understood

_POLICIES = {"create policy", "alter policy", "drop policy"}
_CHANGES = {
    "enable": "Switching row security on hides every row that no policy shows",
    "disable": "Switching row security off shows every row to whoever may read the table",
    "force": "Forcing row security hides rows from the table's owner too",
    "no_force": "Row security that is forced no more shows the owner every row",
}


@statement_rule(
    severity="warning",
    aliases=(
        "ban-alter-row-level-security",
        "ban-create-policy",
        "ban-alter-policy",
        "ban-drop-policy",
        "row-level-security",
    ),
    lock=LockMode.ACCESS_EXCLUSIVE,
    given="""
        CREATE TABLE events (id bigint, owner text);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint);
        CREATE POLICY own ON events USING (owner = current_user)
    """,
    bad=(
        "ALTER TABLE events ENABLE ROW LEVEL SECURITY",
        'alter table app."Orders" disable row level security',
        "ALTER TABLE public.EVENTS FORCE ROW LEVEL SECURITY",
        "CREATE POLICY reading ON events FOR SELECT USING (true)",
        "DROP POLICY own ON events",
    ),
    good=(
        "CREATE TABLE fresh (a int); ALTER TABLE fresh ENABLE ROW LEVEL SECURITY",
        "CREATE TABLE fresh (a int); CREATE POLICY p ON fresh USING (true)",
        "ALTER TABLE events DISABLE TRIGGER ALL",
    ),
)
def row_security_changed(
    statement: AlterTable | Understood, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """Which rows of a table in use somebody may see or write changes.

    Cost: the release before gets fewer rows, or more, than it was written for, without any error.
    The change takes an ACCESS EXCLUSIVE lock, which waits for every query on the table.

    Instead: create the policies first, in a revision of their own, let the application set what
    they ask for, and switch row security on one release later, with `op.execute(…)` behind a short
    lock_timeout. In plain Alembic it is the same.

    Allowed when: the revision itself creates the table.

    Source: PostgreSQL 18, 5.9, Row Security Policies; ALTER TABLE; CREATE POLICY.
    """
    change = _change(statement)
    if change is None:
        return
    table = context.existing(change[0], schema)
    if table is None:
        return
    yield Violation(
        f"{change[1]}, of {shown(table)}, under an ACCESS EXCLUSIVE lock: "
        f"{LockMode.ACCESS_EXCLUSIVE.blocks} waits until the migration's transaction ends.",
        "Let the release that runs now work under both first, then change row security in a "
        "revision of its own, with op.execute. Without outofband it is the same",
    )


def _change(statement: AlterTable | Understood) -> tuple[QualifiedName, str] | None:
    if isinstance(statement, Understood):
        if statement.kind not in _POLICIES or not statement.tables:
            return None
        return statement.tables[0], "A policy decides which rows are seen"
    for action in statement.actions:
        if isinstance(action, RowSecurity):
            return statement.table, _CHANGES[action.change]
    return None
