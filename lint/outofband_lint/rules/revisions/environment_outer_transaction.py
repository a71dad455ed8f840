"""environment-outer-transaction."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.environment import Environment
from outofband_lint.example import PATH, Example
from outofband_lint.finding import Place
from outofband_lint.rule import Violation, project_rule

_SENDS = 'CREATE TABLE "T" (a int PRIMARY KEY)'


@project_rule(
    failure="an autocommit block fails an assertion: a revision that has one cannot be deployed",
    bad=(
        Example(environment=Environment(PATH, line=30, outer_transaction=20)),
        Example(_SENDS, environment=Environment(PATH, line=30, outer_transaction=28)),
        Example(environment=Environment(PATH, 30, guard=22, outer_transaction=20)),
    ),
    good=(
        Example(environment=Environment(PATH, line=30)),
        Example(environment=Environment(PATH, line=30, guard=28, transaction_per_migration=True)),
        Example(_SENDS),
    ),
)
def environment_outer_transaction(context: Context) -> Iterator[Violation]:
    """env.py has begun a transaction before it configures Alembic.

    Cost: Alembic then leaves every transaction to env.py: `transaction_per_migration` means
    nothing, all locks of all revisions are held until the end, and `autocommit_block()` fails an
    assertion, so that CREATE INDEX CONCURRENTLY cannot be deployed at all. With SQLAlchemy 2 one
    `connection.execute(…)` before `context.configure(…)` is enough to begin it; where nobody
    commits it, the migrations are rolled back in silence.

    Instead: `engine.connect()` in place of `engine.begin()`, and `connection.commit()` after what
    env.py itself sends; let `with context.begin_transaction():` be the only transaction. That is
    plain Alembic's template; `op.create_index_out_of_band(…)` needs no more.

    Allowed when: the tests of an application upgrade inside a transaction of their own, by another
    env.py.

    Source: Alembic 1.20, MigrationContext.autocommit_block and its constructor
    (`_in_external_transaction`); PostgreSQL 18, 13.3, Explicit Locking.
    """
    environment = context.environment
    if environment is None or environment.outer_transaction is None:
        return
    yield Violation(
        "env.py has begun a transaction before it configures Alembic: autocommit blocks fail, and "
        "the locks of all revisions are held until the end.",
        "Use engine.connect() in place of engine.begin(), and commit what env.py itself sends "
        "before context.configure()",
        place=Place(environment.path, environment.outer_transaction),
    )
