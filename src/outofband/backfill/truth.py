"""Ask the data how far a backfill is."""

from __future__ import annotations

from outofband.backfill.desk import Desk
from outofband.backfill.spec import Spec
from outofband.backfill.state import State
from outofband.model.progress import Progress
from outofband.runbook.hand import StatementFailed

BRIEFLY = "2s"
_TOO_LONG = "57014"
_SET = "SELECT set_config('statement_timeout', %(timeout)s, true)"


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
        progress = _asked(desk, spec, "0")
        return progress, progress.finished and state.finish(progress)


def _ask(desk: Desk, spec: Spec, timeout: str) -> Progress:
    with desk.transaction():
        return _asked(desk, spec, timeout)


def _asked(desk: Desk, spec: Spec, timeout: str) -> Progress:
    desk.write(_SET, {"timeout": timeout})
    with desk.lend() as connection:
        return spec.progress(connection)
