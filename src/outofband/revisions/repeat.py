"""Migrations that can be run again from their last commit, inside the env.py that runs them.

Alembic's ``run_migrations`` takes its steps from a function and its heads from the database, and
keeps its transaction where it can be exchanged, as ``autocommit_block`` does (Alembic 1.18 to 1.20,
MigrationContext).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from alembic.runtime.migration import MigrationContext, MigrationStep, RevisionStep
from sqlalchemy.exc import DBAPIError

from outofband.attendant import Failure
from outofband.revisions.running import forget_declared
from outofband.revisions.unknown import operation_unknown, require_known

_OUTER = (
    "it is not tried again, since env.py began the transaction before context.configure(), and only"
    " env.py can roll it back"
)
_IN_PART = (
    "it is not tried again, since an autocommit_block() has committed a part of it that would run"
    " twice"
)


@contextmanager
def repeating(context: MigrationContext, decide: Callable[[Failure], None]) -> Iterator[None]:
    """Have the context's ``run_migrations`` run again whatever it had to roll back, for as long as
    ``decide`` returns; it raises what ends the run, and is asked with no transaction open.
    """
    run, own, steps = _Run(context, decide), vars(context), context._migrations_fn
    ours = {"run_migrations": run.migrations, "autocommit_block": run.autocommit_block}
    own.update(ours, _migrations_fn=run.steps)
    try:
        yield
    finally:
        for name in ours:
            del own[name]
        context._migrations_fn = steps


class _Run:
    """What is known of the run: its steps, how many of them are committed, and the present one."""

    def __init__(self, context: MigrationContext, decide: Callable[[Failure], None]) -> None:
        self._context = context
        self._decide = decide
        self._make: Any = context._migrations_fn
        self._block = context.autocommit_block
        self._steps: list[MigrationStep] | None = None
        self._done = 0
        self._present: MigrationStep | None = None
        self._committed_in_part = False

    def migrations(self, **given: Any) -> None:
        """Run the steps, again from the last commit where ``decide`` lets it."""
        while True:
            try:
                MigrationContext.run_migrations(self._context, **given)
            except AttributeError as error:
                raise operation_unknown(error, self._where) or error from None
            except DBAPIError as error:
                self._roll_back_and_decide(error)
            else:
                return

    def steps(self, heads: tuple[str, ...], context: MigrationContext) -> Iterator[MigrationStep]:
        """Yield the steps that are not committed yet; a relative target is resolved once."""
        if self._steps is None:
            require_known(context, heads)
            self._steps = list(self._make(heads, context))
        for step in self._steps[self._done :]:
            self._present = step
            yield step
            if context._transaction_per_migration:
                self._done, self._committed_in_part = self._done + 1, False

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """Take down that the present revision commits before its end."""
        self._committed_in_part = True
        with self._block():
            yield

    def _roll_back_and_decide(self, error: DBAPIError) -> None:
        """Leave the context as it was when the last commit was over, or raise."""
        context, failure = self._context, Failure(error, self._where, self._obstacle)
        if context._in_external_transaction or context.connection is None:
            self._decide(failure)
            raise error
        outer, context._transaction = context._transaction, None
        if outer is not None and not outer.is_active:  # a commit that failed has ended it
            outer = None
        with suppress(DBAPIError):
            context.connection.rollback() if outer is None else outer.rollback()
        forget_declared(context)
        try:
            self._decide(failure)
        finally:
            # Who began it ends it, whatever became of the run.
            if outer is not None and not context.connection.invalidated:
                context._transaction = context.connection.begin()

    @property
    def _obstacle(self) -> str:
        if self._context._in_external_transaction:
            return _OUTER
        return _IN_PART if self._committed_in_part else ""

    @property
    def _where(self) -> str:
        step = self._present
        return f"revision {step.revision.revision}" if isinstance(step, RevisionStep) else "alembic"
