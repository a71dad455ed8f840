"""table-access-method-changed."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.locks import LockMode
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterTable, SetAccessMethod


@statement_rule(
    aliases=("set-access-method",),
    lock=LockMode.ACCESS_EXCLUSIVE,
    rewrites=True,
    since=15,
    given="""
        CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
        CREATE TABLE events (id bigint PRIMARY KEY, kind text);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint);
        CREATE TABLE log (id bigint) PARTITION BY RANGE (id)
    """,
    bad=(
        "ALTER TABLE events SET ACCESS METHOD heap2",
        'alter table app."Orders" set access method heap2',
        "ALTER TABLE ONLY public.EVENTS ADD COLUMN note text, SET ACCESS METHOD heap2",
        Example("ALTER TABLE created_by_hand SET ACCESS METHOD columnar", measured=False),
        Example("ALTER TABLE events SET ACCESS METHOD heap2", settings=Settings(small=("events",))),
    ),
    good=(
        "CREATE TABLE fresh (id bigint); ALTER TABLE fresh SET ACCESS METHOD heap2",
        Example("ALTER TABLE log SET ACCESS METHOD heap2", measured=False),
        Example("SET default_table_access_method = heap2", measured=False),
    ),
)
def table_access_method_changed(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A table in use moves to another table access method.

    Cost: Postgres writes the whole table and all its indexes anew under an ACCESS EXCLUSIVE lock:
    no query reads or writes the table until that is done and the transaction ends.

    Instead: create a table with the new method, `op.execute("CREATE TABLE … USING …")`, copy the
    rows in batches outside the deploy, then swap the two. Plain Alembic has the same.

    Allowed when: the revision itself creates the table, or it is a partitioned table, which has no
    rows of its own. A table that the settings call small makes it a warning.

    Source: PostgreSQL 18, ALTER TABLE, SET ACCESS METHOD.
    """
    table = context.existing(statement.table, schema)
    known = schema.table(statement.table)
    if table is None or (known is not None and known.kind == "partitioned"):
        return
    for action in statement.actions:
        if isinstance(action, SetAccessMethod):
            yield Violation(
                f"Moving {shown(table)} to access method {action.method} writes it anew under an "
                f"ACCESS EXCLUSIVE lock: {LockMode.ACCESS_EXCLUSIVE.blocks} of {shown(table)} "
                "waits as long as that takes.",
                f"Create a new table with USING {action.method}, copy the rows outside the deploy, "
                f"then swap the two. Without outofband, op.execute(…) with the same SQL.",
                costs=(table,),
            )
