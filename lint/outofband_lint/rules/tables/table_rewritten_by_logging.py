"""table-rewritten-by-logging."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.locks import LockMode
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterTable, SetLogged


@statement_rule(
    aliases=("set-logged", "set-unlogged", "set_logged"),
    lock=LockMode.ACCESS_EXCLUSIVE,
    rewrites=True,
    given="""
        CREATE TABLE events (id bigint);
        CREATE SCHEMA app;
        CREATE UNLOGGED TABLE app."Cache" (id bigint)
    """,
    bad=(
        "ALTER TABLE events SET UNLOGGED",
        'alter table app."Cache" set logged',
        "ALTER TABLE IF EXISTS public.EVENTS ADD COLUMN a int, SET UNLOGGED",
    ),
    good=(
        "CREATE UNLOGGED TABLE fresh (a int); ALTER TABLE fresh SET LOGGED",
        "ALTER TABLE events SET (fillfactor = 70)",
        "ALTER TABLE events SET LOGGED",
    ),
)
def table_rewritten_by_logging(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """SET LOGGED or SET UNLOGGED rewrites a table in use.

    Cost: the whole table and its indexes are written anew under an ACCESS EXCLUSIVE lock, and with
    SET LOGGED once more into the write-ahead log. Nobody reads or writes the table meanwhile.

    Instead: create a table of the wanted kind beside it, fill it in batches outside the deploy and
    swap the names; no `op.…` does it, and in plain Alembic it is the same.

    Allowed when: the revision itself creates the table, or the table is of that kind already. A
    table that the settings call small makes it a warning.

    Source: PostgreSQL 18, ALTER TABLE, SET { LOGGED | UNLOGGED }.
    """
    action = next((a for a in statement.actions if isinstance(a, SetLogged)), None)
    table = context.existing(statement.table, schema)
    if action is None or table is None:
        return
    known = schema.table(table)
    if known is not None and known.unlogged is not action.logged:
        return
    words = "SET LOGGED" if action.logged else "SET UNLOGGED"
    yield Violation(
        f"{words} rewrites {shown(table)} under an ACCESS EXCLUSIVE lock: "
        f"{LockMode.ACCESS_EXCLUSIVE.blocks} waits until the table is written anew.",
        f"Create a table beside {shown(table)}, fill it in batches outside the deploy and swap the "
        "names. Without outofband it is the same",
        costs=(table,),
    )
