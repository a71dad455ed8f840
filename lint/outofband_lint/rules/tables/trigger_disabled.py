"""trigger-disabled."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.locks import LockMode
from outofband_lint.names import quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterTable, TriggerState


@statement_rule(
    severity="warning",
    aliases=("ban-disable-trigger", "disable-trigger", "disable_trigger"),
    lock=LockMode.SHARE_ROW_EXCLUSIVE,
    given="""
        CREATE TABLE events (id bigint, kind text);
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER touched BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION touch();
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint)
    """,
    bad=(
        "ALTER TABLE events DISABLE TRIGGER touched",
        'alter table app."Orders" disable trigger all',
        "ALTER TABLE public.EVENTS DISABLE TRIGGER USER; UPDATE events SET kind = 'a' WHERE id = 1;"
        " ALTER TABLE events ENABLE TRIGGER USER",
    ),
    good=(
        "CREATE TABLE fresh (a int); ALTER TABLE fresh DISABLE TRIGGER ALL",
        "CREATE TABLE events_2 (id bigint)",
        "ALTER TABLE events ENABLE ROW LEVEL SECURITY",
    ),
)
def trigger_disabled(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """Triggers of a table in use are switched off.

    Cost: rows that are written meanwhile miss what the trigger does and, with ALL, what foreign
    keys check; nothing makes up for it later. The statement takes a SHARE ROW EXCLUSIVE lock: every
    write waits until the migration's transaction ends.

    Instead: let the trigger's function tell a migration's rows from others, by a setting of the
    transaction: `op.execute("SET LOCAL app.migrating = 'on'")`, in plain Alembic the same.

    Allowed when: the revision itself creates the table.

    Source: PostgreSQL 18, ALTER TABLE, DISABLE TRIGGER.
    """
    action = next(
        (a for a in statement.actions if isinstance(a, TriggerState) and a.change == "disable"),
        None,
    )
    table = context.existing(statement.table, schema)
    if action is None or table is None:
        return
    trigger = action.trigger.upper() if action.trigger in ("all", "user") else quote(action.trigger)
    yield Violation(
        f"DISABLE TRIGGER {trigger} on {shown(table)} takes a SHARE ROW EXCLUSIVE lock, behind "
        f"which {LockMode.SHARE_ROW_EXCLUSIVE.blocks} waits; rows written while it is off miss "
        "what it checks, and nothing makes up for it.",
        'Let the function return early under a setting instead: op.execute("SET LOCAL '
        "app.migrating = 'on'\") and current_setting('app.migrating', true). Without outofband it "
        "is the same",
        costs=(table,),
    )
