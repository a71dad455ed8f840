"""What a preflight says: findings, and the report that holds them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from outofband.model.index import Index
from outofband.model.step import Step
from outofband.runbook.provider import SELF_HOSTED, Provider


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that would stop a step, or that an operator wants to know before it starts.

    ``what`` is a clause with the reason, ``do`` an imperative, or the exact statement to run. One
    that ``stops`` refuses its ``step``, or every step where that is None; another is a warning.
    ``rows`` are keys of rows, so for a terminal only.
    """

    what: str
    do: str = ""
    stops: bool = False
    step: Step | None = None
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything found before a plan runs.

    ``tried`` are the indexes whose rows were all looked at, so that nobody needs to look again;
    ``provider`` is whose server it is.
    """

    findings: tuple[Finding, ...] = ()
    tried: frozenset[Index] = frozenset()
    provider: Provider = SELF_HOSTED

    @property
    def general(self) -> tuple[Finding, ...]:
        """What concerns the whole run."""
        return tuple(f for f in self.findings if f.step is None)

    def of(self, step: Step) -> tuple[Finding, ...]:
        """Return what concerns one step alone."""
        return tuple(f for f in self.findings if f.step == step)

    def obstacle(self, step: Step) -> Finding | None:
        """Return what stops a step, the whole run's obstacles first."""
        return first_stop((*self.general, *self.of(step)))


def first_stop(findings: Iterable[Finding]) -> Finding | None:
    """Return the first finding that stops."""
    return next((f for f in findings if f.stops), None)
