"""environment-without-deploy-guard."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.environment import Environment
from outofband_lint.example import PATH, Example
from outofband_lint.finding import Place
from outofband_lint.rule import Violation, project_rule


@project_rule(
    severity="warning",
    opt_in=True,
    failure="two upgrades may run at once, and no wait for a lock is bounded",
    bad=(
        Example(environment=Environment(PATH, line=30)),
        Example('SELECT "a" FROM t', environment=Environment(PATH, line=30, lock_timeout=20)),
        Example(environment=Environment(PATH, line=30, blocking_advisory_lock=20)),
    ),
    good=(
        Example(environment=Environment(PATH, line=30, guard=28)),
        Example("SELECT 1"),
    ),
)
def environment_without_deploy_guard(context: Context) -> Iterator[Violation]:
    """env.py runs the migrations without outofband's guard.

    Cost: pods that start at once upgrade at once, and a statement that waits for a lock makes the
    whole application wait behind it for as long as the lock is held.

    Instead: `with outofband.deploy.guard(connection), context.begin_transaction():`. It lets one
    upgrade run at a time, bounds every wait by the setting `lock_timeout` and lists what
    `op.create_index_out_of_band(…)` has left pending. In plain Alembic: SET lock_timeout, and poll
    `pg_try_advisory_lock`.

    Allowed when: something else sees to both. The rule is off until the settings give it a
    severity.

    Source: PostgreSQL 18, lock_timeout, and 13.3.5, Advisory Locks.
    """
    environment = context.environment
    if environment is None or environment.guard is not None:
        return
    yield Violation(
        "env.py runs the migrations without the guard: two upgrades may run at once.",
        "Put `with outofband.deploy.guard(connection):` around the migrations",
        place=Place(environment.path, environment.line),
    )
