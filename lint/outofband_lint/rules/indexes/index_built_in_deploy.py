"""index-built-in-deploy."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.spelling import AUTOCOMMIT, create_index, shown
from outofband_lint.statement import CreateIndex


@statement_rule(
    lock=LockMode.SHARE,
    scans=True,
    given="""
        CREATE TABLE events (id bigint PRIMARY KEY, kind text, payload jsonb);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint PRIMARY KEY, "customerId" bigint);
        CREATE TABLE parts (id bigint) PARTITION BY RANGE (id);
        CREATE TABLE countries (code text);
        CREATE INDEX ix_events_id ON events (id, kind)
    """,
    bad=(
        "CREATE INDEX ix_events_kind ON events (kind)",
        "create unique index if not exists ix on public.EVENTS (lower(kind)) where id > 0",
        'CREATE INDEX "Ix" ON app."Orders" ("customerId") INCLUDE (id)',
        "CREATE INDEX ON events USING gin (payload jsonb_path_ops)",
        Example("CREATE INDEX ix ON created_by_hand (a)", measured=False),
        Example("CREATE INDEX ix ON events (kind)", autocommit=True),
        Example("CREATE INDEX ix ON countries (code)", settings=Settings(small=("countries",))),
        Example(
            "CREATE TABLE x (a int); ALTER TABLE events RENAME TO old; "
            "CREATE INDEX ix ON old (kind)",
            measured=False,
        ),
        "DO $$ BEGIN CREATE INDEX ix ON events (kind); END $$",
    ),
    good=(
        "CREATE TABLE fresh (a int); CREATE INDEX ix ON fresh (a)",
        'CREATE TABLE app."Fresh" (a int); CREATE INDEX ix ON app."Fresh" (a)',
        "CREATE TABLE fresh AS SELECT * FROM events; CREATE INDEX ix ON fresh (id)",
        Example("CREATE INDEX CONCURRENTLY ix ON events (kind)", autocommit=True),
        Example("CREATE INDEX ix ON events (kind)", out_of_band=True),
        "CREATE INDEX IF NOT EXISTS ix_events_id ON events (id, kind)",
        "CREATE INDEX ix ON ONLY parts (id)",
        "CREATE TEMP TABLE t (a int); CREATE INDEX ix ON t (a)",
    ),
)
def index_built_in_deploy(
    statement: CreateIndex, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """An index is built in the deploy, on a table in use.

    Cost: CREATE INDEX holds a SHARE lock from its first moment until the transaction ends. Every
    INSERT, UPDATE and DELETE on the table waits as long as the build takes, and so does the deploy.
    A migration's transaction often goes on after the build and keeps the lock.

    Instead: declare the index with `op.create_index_out_of_band(…)`; the upgrade defers it and
    `outofband apply` builds it. In plain Alembic, build it concurrently in a revision of its own:
    `with op.get_context().autocommit_block():` around
    `op.create_index(…, postgresql_concurrently=True)`.

    Allowed when: the revision itself creates the table, the index exists already (IF NOT EXISTS),
    or it is made ON ONLY a partitioned table, which builds nothing. A table that the settings call
    small makes it a warning.

    Source: PostgreSQL 18, CREATE INDEX, "Building Indexes Concurrently"; 13.3, Explicit Locking.
    """
    if statement.concurrently:
        return
    table = context.existing(statement.table, schema)
    if table is None or context.source.out_of_band or _builds_nothing(statement, schema, table):
        return
    named = shown(table)
    name = f"index {QualifiedName(statement.name)}" if statement.name else "an index"
    yield Violation(
        f"Building {name} in the deploy takes a SHARE lock on {named}: "
        f"{LockMode.SHARE.blocks} to {named} waits until the build ends.",
        f"Declare it instead: {create_index('create_index_out_of_band', statement)}. "
        f"Without outofband, in a revision of its own: {AUTOCOMMIT} "
        f"{create_index('create_index', statement, 'postgresql_concurrently=True')}",
        costs=(table,),
    )


def _builds_nothing(statement: CreateIndex, schema: Schema, name: QualifiedName) -> bool:
    table = schema.table(name)
    if table is None:
        return False
    if statement.only and table.kind == "partitioned":
        return True
    built = table.index(statement.name or "")
    return statement.if_not_exists and built is not None and not built.out_of_band
