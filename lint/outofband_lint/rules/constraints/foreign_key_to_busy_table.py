"""foreign-key-to-busy-table."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.references import does_nothing, references
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.spelling import execute, shown
from outofband_lint.statement import AlterTable, CreateTable

TIMEOUT = "SET LOCAL lock_timeout = '2s'"
SMALL = Settings(small=("customers",))


@statement_rule(
    severity="warning",
    aliases=("adding-foreign-key-constraint", "add-fk-locks-referenced-table"),
    lock=LockMode.SHARE_ROW_EXCLUSIVE,
    given="""
        CREATE TABLE customers (id bigint PRIMARY KEY);
        CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);
        CREATE SCHEMA app;
        CREATE TABLE app."Shelves" ("Id" int PRIMARY KEY)
    """,
    bad=(
        "CREATE TABLE fresh (a bigint REFERENCES customers)",
        "create table if not exists fresh (a bigint, b bigint, constraint fk foreign key (a) "
        "references public.CUSTOMERS (id), foreign key (b) references orders)",
        'CREATE TABLE app."Fresh" (a int REFERENCES app."Shelves" ("Id") ON DELETE CASCADE)',
        "CREATE TABLE fresh (a bigint); ALTER TABLE fresh ADD FOREIGN KEY (a) REFERENCES customers",
        "CREATE TABLE fresh (a int); ALTER TABLE fresh ADD b bigint REFERENCES customers",
        Example("CREATE TABLE fresh (a int REFERENCES created_by_hand)", measured=False),
        Example(
            "CREATE TABLE fresh (a bigint REFERENCES customers)",
            settings=Settings(large=("custom*",)),
        ),
    ),
    good=(
        "CREATE TABLE fresh (id int PRIMARY KEY, parent int REFERENCES fresh)",
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a_id int REFERENCES a)",
        "CREATE TABLE fresh (a bigint)",
        Example("CREATE TABLE fresh (a bigint REFERENCES customers)", settings=SMALL),
        Example(
            "CREATE TABLE fresh (a bigint REFERENCES customers)",
            settings=Settings(large=("orders",)),
        ),
        "CREATE TABLE IF NOT EXISTS orders (a bigint REFERENCES customers)",
        Example(
            "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers NOT VALID",
            measured=False,
        ),
    ),
)
def foreign_key_to_busy_table(
    statement: CreateTable | AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A new table's foreign key locks the large table that it points to.

    Cost: the key puts triggers on the other table, under a SHARE ROW EXCLUSIVE lock that is held
    until the migration's transaction ends: every INSERT, UPDATE and DELETE there waits for as long
    as the rest of the revision takes, and behind any long transaction that makes the lock wait.

    Instead: nothing is scanned, so keep the transaction short: `op.create_table` last in a revision
    of its own that does nothing slow, under `lock_timeout`, which `outofband.deploy.guard` sets. In
    plain Alembic, `op.execute("SET LOCAL lock_timeout = '2s'")` first.

    Allowed when: the other table is new too or small. Where the table with the key is in use,
    foreign-key-validated-at-once speaks.

    Source: PostgreSQL 18, CREATE TABLE, REFERENCES; 13.3, Explicit Locking.
    """
    if does_nothing(statement, schema) or context.source.out_of_band:
        return
    if isinstance(statement, CreateTable):
        if statement.temporary:
            return
    elif context.existing(statement.table, schema) is not None:
        return
    locked: dict[QualifiedName, None] = {}
    for reference in references(statement, schema):
        target = context.existing(reference.target, schema)
        if target is not None and not reference.to_itself and context.is_large(target):
            locked[target] = None
    if locked:
        tables = " and ".join(str(shown(table)) for table in locked)
        yield Violation(
            f"The foreign key of {shown(statement.table)} takes a SHARE ROW EXCLUSIVE lock on "
            f"{tables}: {LockMode.SHARE_ROW_EXCLUSIVE.blocks} to {tables} waits until the "
            "migration's transaction ends.",
            "Put it last into a revision of its own that does nothing slow, with "
            f"{execute(TIMEOUT)} first. Without outofband, the same.",
            costs=tuple(locked),
        )
