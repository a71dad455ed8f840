"""several-tables-locked."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.source import Source
from outofband_lint.spelling import shown
from outofband_lint.statement import Statement
from outofband_lint.statement_locks import locks
from outofband_lint.transaction import keeps_writers_waiting


@statement_rule(
    severity="warning",
    aliases=("wide-lock-window", "multiple-locks", "lock-several-tables"),
    failure="40P01 deadlock_detected with a transaction that uses the tables in another order",
    given="""
        CREATE TABLE events (id bigint);
        CREATE TABLE orders (id bigint);
        CREATE TABLE users (id bigint PRIMARY KEY);
        CREATE SCHEMA app;
        CREATE TABLE app."Log" (id bigint)
    """,
    bad=(
        "ALTER TABLE events ADD COLUMN a int; ALTER TABLE orders ADD COLUMN a int",
        'DROP TABLE app."Log"; alter table EVENTS drop column id',
        "ALTER TABLE events ADD COLUMN a int; ALTER TABLE orders ADD COLUMN a int; "
        "ALTER TABLE users ADD COLUMN a int",
        "LOCK TABLE events IN SHARE MODE; CREATE TABLE fresh (id bigint REFERENCES users)",
    ),
    good=(
        "ALTER TABLE events ADD COLUMN a int; ALTER TABLE public.events ADD COLUMN b int",
        "ALTER TABLE events ADD COLUMN a int; UPDATE orders SET id = 1 WHERE id = 2",
        "ALTER TABLE events ADD COLUMN a int; CREATE TABLE fresh (a int); "
        "ALTER TABLE fresh ADD COLUMN b int",
        "ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES users NOT VALID",
        Example(
            "ALTER TABLE events ADD COLUMN a int; ALTER TABLE orders ADD COLUMN a int",
            settings=Settings(small=("events", "orders")),
        ),
        Example(
            sources=(
                Source("ALTER TABLE events ADD COLUMN a int", "a.py", 1, in_transaction=False),
                Source("ALTER TABLE orders ADD COLUMN a int", "a.py", 2, in_transaction=False),
            )
        ),
        Example(
            sources=(
                Source("CREATE INDEX ix ON events (id)", "a.py", 1, out_of_band=True),
                Source("CREATE INDEX iy ON orders (id)", "a.py", 2, out_of_band=True),
            )
        ),
    ),
)
def several_tables_locked(
    statement: Statement, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """One transaction locks a second table in use while it holds the first.

    Cost: a transaction of the application that has used the second table and now wants the first
    waits for the migration, which waits for it: one of them is killed with 40P01. Even without, the
    first table stays shut as long as the migration waits for the second.

    Instead: give each table a revision of its own, with its own `op.…` calls, and let each revision
    have its transaction: plain Alembic does with `transaction_per_migration=True` in env.py.

    Allowed when: one of the tables is made by the revision, one statement locks both, or the
    settings call all of them small.

    Source: PostgreSQL 18, 13.3.4, Deadlocks.
    """
    if len(context.held) != 1 or context.source.out_of_band:
        return
    held, held_mode = next(iter(context.held.items()))
    for table, mode in locks(statement, schema):
        is_second = table != held and context.existing(table, schema) is not None
        if is_second and keeps_writers_waiting(mode):
            yield Violation(
                f"{shown(table)} is locked while {shown(held)} still is, {held_mode.value}: "
                "a transaction that uses them in the other order deadlocks with the "
                "migration (40P01).",
                f"Split what changes {shown(table)} into a revision of its own. Without outofband, "
                "transaction_per_migration=True in env.py gives it a transaction of its own, too",
                costs=(table, held),
            )
            return
