"""lock-timeout-missing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.environment import Environment
from outofband_lint.example import Example
from outofband_lint.finding import Place
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.reader import read
from outofband_lint.rule import Violation, project_rule
from outofband_lint.schema import Schema
from outofband_lint.source import Revision
from outofband_lint.spelling import shown
from outofband_lint.statement import CreateTable, CreateTableAs, DropTable
from outofband_lint.statement_locks import locks

_PATH = "versions/2_example.py"
# What may take ACCESS EXCLUSIVE, or create the table that it is taken on.
_SUSPECT = re.compile(
    r"\s*(alter|drop|truncate|lock|create|cluster|vacuum|reindex|refresh)\b", re.I
)


@project_rule(
    severity="warning",
    aliases=(
        "require-timeout-settings",
        "require-lock-timeout",
        "missing-lock-timeout",
        "E9",
        "dangerous_lock_without_timeout",
        "lock_timeout",
    ),
    failure="one slow query before the migration and every query behind it wait without an end",
    given='CREATE TABLE events (id bigint); CREATE TABLE "Orders" (id bigint)',
    bad=(
        Example("ALTER TABLE events ADD COLUMN a int", environment=Environment(_PATH, 20)),
        Example('ALTER TABLE "Orders" ADD COLUMN a int', environment=Environment(_PATH, 21)),
        Example(
            "ALTER TABLE public.EVENTS DROP COLUMN id",
            environment=Environment(_PATH, 22, transaction_per_migration=True),
        ),
    ),
    good=(
        Example(
            "ALTER TABLE events ADD COLUMN a int", environment=Environment(_PATH, 20, guard=18)
        ),
        Example(
            "ALTER TABLE events ADD COLUMN a int",
            environment=Environment(_PATH, 20, lock_timeout=12),
        ),
        Example("ALTER TABLE events ADD COLUMN a int"),
    ),
)
def lock_timeout_missing(context: Context) -> Iterator[Violation]:
    """Migrations wait for their locks without an end.

    Cost: an ALTER TABLE that waits behind one long query makes every later query on the table wait
    behind itself, reads too, for as long as that query runs. Without lock_timeout nothing ends it.

    Instead: wrap the migrations in env.py in `with outofband.deploy.guard(connection):`, which sets
    lock_timeout for each and tells pods apart. In plain Alembic, set it on the connection:
    `connect_args={"options": "-c lock_timeout=2s"}`, or begin each revision with
    `op.execute("SET LOCAL lock_timeout = '2s'")`.

    Allowed when: env.py enters the guard or sets lock_timeout. Of a file of SQL, when it sets
    lock_timeout, or takes no ACCESS EXCLUSIVE lock on a table that it did not create.

    Source: PostgreSQL 18, 19.11, lock_timeout; 13.3, Explicit Locking.
    """
    environment = context.environment
    if environment is not None and environment.guard is None and environment.lock_timeout is None:
        yield Violation(
            "Nothing sets lock_timeout: a migration that waits for a table behind one long query "
            "keeps every later query on that table waiting.",
            "Put the migrations into `with guard(connection):` of outofband.deploy. Without "
            'outofband, connect with connect_args={"options": "-c lock_timeout=2s"}',
            place=Place(environment.path, environment.line),
            subject="env.py",
        )
    for revision in context.revisions:
        if revision.is_sql_file:
            yield from _of_file(revision)


def _of_file(revision: Revision) -> Iterator[Violation]:
    if any("lock_timeout" in source.sql.lower() for source in revision.sources):
        return
    shut = _first_shut(revision)
    if shut is not None:
        table, line = shut
        yield Violation(
            f"{shown(table)} is locked ACCESS EXCLUSIVE and the file sets no lock_timeout: behind "
            "one long query every later one waits with it.",
            "Set it first: SET lock_timeout = '2s'",
            place=Place(revision.path, line, revision.id),
            subject="file",
        )


def _first_shut(revision: Revision) -> tuple[QualifiedName, int] | None:
    """Return the first table that the file did not create and locks ACCESS EXCLUSIVE, and where.

    DROP TABLE IF EXISTS begins the files that create everything anew, and counts for nothing.
    """
    created: set[QualifiedName] = set()
    for source in revision.sources:
        if source.out_of_band or not _SUSPECT.match(source.sql):
            continue
        for statement in read(source.sql):
            if isinstance(statement, CreateTable | CreateTableAs):
                created.add(shown(statement.table))
            if isinstance(statement, DropTable) and statement.if_exists:
                continue
            for table, mode in locks(statement, Schema()):
                if mode is LockMode.ACCESS_EXCLUSIVE and shown(table) not in created:
                    return table, source.line
    return None
