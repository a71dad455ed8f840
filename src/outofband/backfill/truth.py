"""Ask a spec what the data says: how far it is, what units there are, what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from outofband.backfill.desk import Desk
from outofband.backfill.guard import of_spec
from outofband.backfill.spec import Spec, Unit
from outofband.backfill.state import State
from outofband.model.progress import Progress
from outofband.runbook.hand import StatementFailed

BRIEFLY = "2s"
_TOO_LONG = "57014"
_SET = """
    SELECT set_config('statement_timeout', %(timeout)s, true),
           set_config('idle_in_transaction_session_timeout', %(idle)s, true)
"""
_IDLE = "60s"  # for what a spec does beside its statements, such as listing files


def ask_briefly(desk: Desk, spec: Spec) -> Progress | None:
    """Return the progress; None where the query takes longer than two seconds. Raises
    StatementFailed for what else is refused.
    """
    try:
        return _ask(desk, spec, BRIEFLY)
    except StatementFailed as failed:
        if failed.sqlstate != _TOO_LONG:
            raise
        return None


def conclude(desk: Desk, spec: Spec, state: State) -> tuple[Progress, bool]:
    """Ask, however long it takes, and write the verdict in the same transaction where all is done;
    return the progress, and whether the verdict is written.
    """
    with desk.transaction():
        desk.write(_SET, {"timeout": "0", "idle": _IDLE})
        with of_spec(), desk.lend() as connection:
            progress = spec.progress(connection)
        return progress, progress.finished and state.finish(progress)


def listed(desk: Desk, spec: Spec) -> tuple[Unit, ...]:
    """Return the units that there are."""
    with _lent(desk, timeout="0") as connection:
        return tuple(spec.units(connection))


def verified(desk: Desk, spec: Spec) -> tuple[str, ...]:
    """Return what is wrong by the spec's own look at it, however long that takes."""
    with _lent(desk, timeout="0", idle="0") as connection:
        connection.execute("SET TRANSACTION READ ONLY")
        return tuple(spec.verify(connection))


def _ask(desk: Desk, spec: Spec, timeout: str) -> Progress:
    with _lent(desk, timeout) as connection:
        return spec.progress(connection)


@contextmanager
def _lent(desk: Desk, timeout: str, idle: str = _IDLE) -> Iterator[Any]:
    with desk.transaction():
        desk.write(_SET, {"timeout": timeout, "idle": idle})
        with of_spec(), desk.lend() as connection:
            yield connection
