"""What became of one target of a fleet in a run of `apply`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outofband.cli.fleet.looks import Looked
from outofband.cli.fleet.output import TargetLine, line_of_error, named
from outofband.cli.fleet.plan import planned_line
from outofband.errors import OutofbandError
from outofband.runbook.ending import End, Ending
from outofband.runbook.fleet import DONE, PARTLY_DONE, REFUSED, TargetState

_STATES = {
    DONE: TargetState.DONE,
    REFUSED: TargetState.REFUSED,
    PARTLY_DONE: TargetState.PARTLY_DONE,
}


@dataclass(frozen=True, slots=True)
class TargetEnding:
    """How one target is told, its exit status, and whether this run changed anything there;
    ``flags`` let the same command go on.
    """

    line: TargetLine
    status: int = DONE
    acted: bool = False
    flags: tuple[str, ...] = ()


def ended(looked: Looked, endings: Sequence[Ending]) -> TargetEnding:
    """Return what the endings of its steps come to."""
    undone = [e for e in endings if e.end is not End.DONE]
    acted = len(undone) < len(endings) or any(e.acted for e in endings)
    status = DONE if not undone else PARTLY_DONE if acted else REFUSED
    note = named([f"{e.planned.step.name}: {e.why}" for e in undone])
    do = next((e.do for e in undone if e.do), "")
    flags = tuple(flag for e in undone for flag in e.flags)
    return TargetEnding(TargetLine(looked.target, _STATES[status], note, do), status, acted, flags)


def failed(looked: Looked, error: OutofbandError) -> TargetEnding:
    """Return the ending of a target at which the run ended by an error."""
    return TargetEnding(line_of_error(looked.target, error), error.exit_status)


def untouched(looked: Looked) -> TargetEnding:
    """Return the ending of a target without work, or that could not be looked at."""
    return TargetEnding(planned_line(looked), looked.error.exit_status if looked.error else DONE)


def cancelled(looked: Looked) -> TargetEnding:
    """Return the ending of a target whose turn had not come when the run was cancelled."""
    line = TargetLine(looked.target, TargetState.PENDING, "cancelled by the operator")
    return TargetEnding(line, REFUSED)
