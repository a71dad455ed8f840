"""environment-blocking-advisory-lock."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.environment import Environment
from outofband_lint.example import PATH, Example
from outofband_lint.finding import Place
from outofband_lint.rule import Violation, project_rule


@project_rule(
    failure="a concurrent build waits for the upgrade that waits for it: a deadlock",
    bad=(
        Example(environment=Environment(PATH, line=30, blocking_advisory_lock=20)),
        Example('SELECT "a" FROM t', environment=Environment(PATH, 30, blocking_advisory_lock=9)),
        Example(environment=Environment(PATH, 30, guard=22, blocking_advisory_lock=20)),
    ),
    good=(
        Example(environment=Environment(PATH, line=30)),
        Example(environment=Environment(PATH, line=30, guard=28)),
        Example("SELECT 1"),
    ),
)
def environment_blocking_advisory_lock(context: Context) -> Iterator[Violation]:
    """env.py waits for an advisory lock inside SQL.

    Cost: of several pods that start at once, one upgrades and the others wait in
    `SELECT pg_advisory_lock(…)`. A session that waits there is inside a statement and holds a
    snapshot; CREATE INDEX CONCURRENTLY, in the one that has the lock, waits for all older
    snapshots. Each waits for the other until the deadlock detector ends one of them, and an INVALID
    index is left.

    Instead: `with outofband.deploy.guard(connection):`, which polls `pg_try_advisory_lock`. In
    plain Alembic: call `SELECT pg_try_advisory_lock(…)` in a loop that sleeps between the tries.
    With `op.create_index_out_of_band(…)` no build runs in the deploy.

    Allowed when: nothing is ever built concurrently while an upgrade runs.

    Source: PostgreSQL 18, CREATE INDEX, "Building Indexes Concurrently", and 9.28.10, Advisory Lock
    Functions.
    """
    environment = context.environment
    if environment is None or environment.blocking_advisory_lock is None:
        return
    yield Violation(
        "env.py waits in pg_advisory_lock: who waits there holds a snapshot, and a concurrent "
        "index build waits for that in turn.",
        "Use `with outofband.deploy.guard(connection):`, or poll pg_try_advisory_lock",
        place=Place(environment.path, environment.blocking_advisory_lock),
    )
