"""environment-not-run."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.environment import Environment
from outofband_lint.example import PATH, Example
from outofband_lint.finding import Place
from outofband_lint.problem import Problem
from outofband_lint.rule import Violation, project_rule


def _failed(reason: str, line: int, sql: str = "") -> Example:
    return Example(sql, environment=Environment(PATH, 30, problem=Problem(reason, line)))


@project_rule(
    severity="warning",
    failure="names that env.py's conventions would give are not those that were judged",
    bad=(
        _failed("$DATABASE_URL is not set", 12),
        _failed("No module named 'shop'", 8, 'SELECT "a" FROM t'),
        _failed("it connects even when it is run offline", 20),
    ),
    good=(
        Example(environment=Environment(PATH, line=30)),
        Example("SELECT 1"),
    ),
)
def environment_not_run(context: Context) -> Iterator[Violation]:
    """env.py could not be run, so not all that it configures is known.

    Cost: naming conventions decide what constraints and indexes without a name are called, and
    `transaction_per_migration` what a revision's locks are held with. What could be read from the
    file itself was taken from there, everything else has Alembic's defaults: a name in a finding
    may not be the one that the database has.

    Instead: let env.py run offline where lint runs, as Alembic's template does: no connection, no
    secret, and the project's packages installed. Plain Alembic needs the same for
    `alembic upgrade --sql`; no `op.…` call changes.

    Allowed when: every constraint has a name of its own.

    Source: Alembic 1.20, "Generating SQL Scripts (a.k.a. Offline Mode)"; PostgreSQL 18.
    """
    environment = context.environment
    if environment is None or environment.problem is None:
        return
    reason, line = environment.problem.reason, environment.problem.line
    yield Violation(
        f"env.py could not be run: {reason.rstrip('.')}. Naming conventions and what else it "
        "configures are not known.",
        "Let env.py run where lint runs: install what it imports, set what it reads, and connect "
        "only when context.is_offline_mode() is false",
        place=Place(environment.path, line),
    )
