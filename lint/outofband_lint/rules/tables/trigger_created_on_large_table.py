"""trigger-created-on-large-table."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.locks import LockMode
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.spelling import shown
from outofband_lint.statement import CreateTrigger


@statement_rule(
    severity="warning",
    aliases=("create-trigger", "add-trigger", "create_trigger"),
    lock=LockMode.SHARE_ROW_EXCLUSIVE,
    given="""
        CREATE TABLE events (id bigint, kind text);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint);
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'
    """,
    bad=(
        "CREATE TRIGGER t BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION touch()",
        'create or replace trigger "T" after insert on app."Orders" '
        "for each statement execute function touch()",
        "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON public.EVENTS DEFERRABLE "
        "FOR EACH ROW EXECUTE FUNCTION touch()",
    ),
    good=(
        "CREATE TABLE fresh (a int); "
        "CREATE TRIGGER t BEFORE UPDATE ON fresh FOR EACH ROW EXECUTE FUNCTION touch()",
        Example(
            "CREATE TRIGGER t BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION touch()",
            settings=Settings(small=("events",)),
        ),
        Example(
            "CREATE TRIGGER t BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION touch()",
            settings=Settings(large=("lsif_*",)),
        ),
    ),
)
def trigger_created_on_large_table(
    statement: CreateTrigger, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A trigger is created on a large table in use.

    Cost: CREATE TRIGGER takes a SHARE ROW EXCLUSIVE lock and keeps it until the migration's
    transaction ends: every write waits behind it, and it waits for every transaction that has
    written. From then on each INSERT, UPDATE or DELETE runs the function once more a row.

    Instead: create it in a revision of its own, with a short lock_timeout and a retry:
    `op.execute("SET LOCAL lock_timeout = '2s'")` before `op.execute("CREATE TRIGGER …")`, in plain
    Alembic the same. What a default or a generated column can do needs no trigger.

    Allowed when: the revision itself creates the table, or the settings call it small.

    Source: PostgreSQL 18, CREATE TRIGGER; 13.3, Explicit Locking.
    """
    table = context.existing(statement.table, schema)
    if table is None or not context.is_large(table):
        return
    yield Violation(
        f"Creating a trigger on {shown(table)} takes a SHARE ROW EXCLUSIVE lock: "
        f"{LockMode.SHARE_ROW_EXCLUSIVE.blocks} to {shown(table)} waits until the migration's "
        "transaction ends, and is slower from then on.",
        "Create it in a revision of its own, behind op.execute(\"SET LOCAL lock_timeout = '2s'\"). "
        "Without outofband it is the same",
        costs=(table,),
    )
