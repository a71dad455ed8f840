"""Ask a spec what the data says: how far it is, what units there are, what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from outofband.backfill.desk import Desk
from outofband.backfill.guard import of_spec
from outofband.backfill.spec import Spec, Unit
from outofband.backfill.state import State
from outofband.catalog.backfills import Answer
from outofband.model.progress import Progress
from outofband.model.sqlstates import QUERY_CANCELED
from outofband.runbook.hand import StatementFailed

_Told = TypeVar("_Told")

BRIEFLY = "2s"
_SET = """
    SELECT set_config('statement_timeout', %(timeout)s, true),
           set_config('idle_in_transaction_session_timeout', %(idle)s, true)
"""
_IDLE = "60s"  # for what a spec does beside its statements, such as listing files


def ask_briefly(desk: Desk, spec: Spec) -> Progress | None:
    """Return the progress; None where the query takes longer than two seconds. Raises
    StatementFailed for what else is refused.
    """
    return _briefly(desk, spec.progress)


def answer_briefly(desk: Desk, spec: Spec) -> Answer | None:
    """Return the same with the hosts that may hold more."""
    return _briefly(desk, lambda c: Answer(spec.progress(c), tuple(spec.hosts(c))))


def _briefly(desk: Desk, ask: Callable[[Any], _Told]) -> _Told | None:
    try:
        with _lent(desk, BRIEFLY) as connection:
            return ask(connection)
    except StatementFailed as failed:
        if failed.sqlstate != QUERY_CANCELED:
            raise
        return None


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the data said: the ``progress``, whether it is ``complete`` but for what was given up,
    and whether the verdict is written, so that it is ``finished``.
    """

    progress: Progress
    complete: bool
    finished: bool


def conclude(desk: Desk, spec: Spec, state: State) -> Conclusion:
    """Ask, however long it takes, and write the verdict in the same transaction where all is
    done.
    """
    with desk.transaction():
        desk.write(_SET, {"timeout": "0", "idle": _IDLE})
        abandoned = state.abandoned()
        with of_spec(), desk.lend() as connection:
            progress = spec.progress(connection)
            places = tuple(spec.hosts(connection))
            left = progress.total - progress.done
            spared = spec.given_up(connection, abandoned) if abandoned and left > 0 else 0
        state.expect(places)
        complete = left <= spared
        return Conclusion(progress, complete, complete and state.finish(progress))


def expected(desk: Desk, spec: Spec) -> tuple[str, ...]:
    """Return the hosts that have to list what they hold."""
    with _lent(desk, timeout="0") as connection:
        return tuple(spec.hosts(connection))


def listed(desk: Desk, spec: Spec) -> tuple[Unit, ...]:
    """Return the units that there are."""
    with _lent(desk, timeout="0") as connection:
        return tuple(spec.units(connection))


def verified(desk: Desk, spec: Spec) -> tuple[str, ...]:
    """Return what is wrong by the spec's own look at it, however long that takes."""
    with _lent(desk, timeout="0", idle="0") as connection:
        connection.execute("SET TRANSACTION READ ONLY")
        return tuple(spec.verify(connection))


@contextmanager
def _lent(desk: Desk, timeout: str, idle: str = _IDLE) -> Iterator[Any]:
    with desk.transaction():
        desk.write(_SET, {"timeout": timeout, "idle": idle})
        with of_spec(), desk.lend() as connection:
            yield connection
