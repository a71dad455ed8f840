"""How a step ended in a run of `apply`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from outofband.runbook.events import Outcome
from outofband.runbook.plan import PlannedStep


class End(Enum):
    """How a step ended in this run."""

    DONE = "done"
    WAITING = "waiting"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of one planned step, and, where it is not done, why and what to do; ``flags`` let
    the same command go on.

    ``acted`` tells whether this run changed anything for it: dropping what an earlier run has left
    is a change, what it has built and dropped again itself is none.
    """

    planned: PlannedStep
    end: End
    why: str = ""
    do: str = ""
    flags: tuple[str, ...] = ()
    acted: bool = False

    @property
    def outcome(self) -> Outcome:
        """The same as evidence has it."""
        return Outcome(self.end.value, self.why, self.do)
