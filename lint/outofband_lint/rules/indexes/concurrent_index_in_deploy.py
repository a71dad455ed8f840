"""concurrent-index-in-deploy."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.locks import LockMode
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.spelling import create_index
from outofband_lint.statement import CreateIndex


@statement_rule(
    severity="warning",
    lock=LockMode.SHARE_UPDATE_EXCLUSIVE,
    given="""
        CREATE TABLE events (id bigint PRIMARY KEY, kind text);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint PRIMARY KEY, "customerId" bigint)
    """,
    bad=(
        Example("CREATE INDEX CONCURRENTLY ix ON events (kind)", autocommit=True),
        Example(
            'create unique index concurrently "Ix" on app."Orders" ("customerId")', autocommit=True
        ),
        Example(
            "CREATE INDEX CONCURRENTLY ix ON public.events (kind)",
            autocommit=True,
            settings=Settings(deploy="startup"),
        ),
        Example("CREATE INDEX CONCURRENTLY ON Events (lower(kind))", measured=False),
    ),
    good=(
        Example(
            "CREATE INDEX CONCURRENTLY ix ON events (kind)",
            autocommit=True,
            settings=Settings(deploy="job"),
        ),
        Example("CREATE INDEX CONCURRENTLY ix ON events (kind)", out_of_band=True),
        "CREATE INDEX ix ON events (kind)",
        Example('DROP INDEX CONCURRENTLY app."Ix"', autocommit=True, measured=False),
    ),
)
def concurrent_index_in_deploy(
    statement: CreateIndex, _schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A concurrent index build runs inside the deploy, which waits for it.

    Cost: CREATE INDEX CONCURRENTLY blocks no reads and no writes, but the upgrade waits for two
    scans of the table and for every transaction that is older than the build, whatever it works
    on. Where migrations run when the application starts, no pod starts until then; a deploy that
    is killed for taking too long leaves an INVALID index, and pods that build the same index at
    once deadlock.

    Instead: declare the index with `op.create_index_out_of_band(…)`. In plain Alembic, build it by
    hand before the deploy, from a runbook, or run `alembic upgrade` as a job of its own and say so
    with `deploy = "job"`.

    Allowed when: `deploy = "job"`. An error where `deploy = "startup"`, a warning while unset.

    Source: PostgreSQL 18, CREATE INDEX, "Building Indexes Concurrently".
    """
    deploy = context.settings.deploy
    if not statement.concurrently or deploy == "job" or context.source.out_of_band:
        return
    table = statement.table
    yield Violation(
        f"The deploy waits while the index on {table} is built concurrently, which takes two scans "
        f"of {table} and the end of every older transaction.",
        f"Declare it instead: {create_index('create_index_out_of_band', statement)}. "
        'Without outofband, build it from a runbook before the deploy, or set deploy = "job" '
        "where alembic upgrade runs as a job of its own",
        severity="error" if deploy == "startup" else None,
    )
