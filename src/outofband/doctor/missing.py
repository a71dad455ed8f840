"""Which indexes do the revisions declare that are not there, or not valid? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from outofband.catalog.facts import Observation
from outofband.catalog.standing import Standing
from outofband.doctor.finding import Finding, Severity
from outofband.doctor.sequential import Reading
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import CreateIndex
from outofband.runbook.amount import size

_BUILDING = frozenset({State.BUILDING, State.BUILDING_ELSEWHERE})
_CLAUSES = {
    State.ABSENT: "is not there",
    State.INVALID: "is INVALID: a failed build left it",
    State.INVALID_ENFORCING: "is INVALID: a failed build left it, and every write maintains it",
    State.DIFFERENT: "is not there: an index of another definition has its name",
    State.NOT_PROVABLY_EQUAL: "cannot be shown to be what was declared",
    State.VALID_OTHER_NAME: "has another name",
    State.PARTITION_INCOMPLETE: "lacks parts on some partitions",
}
_BY_A_PERSON = frozenset({State.DIFFERENT, State.NOT_PROVABLY_EQUAL})


@dataclass(frozen=True, slots=True)
class Pending:
    """A wanted step that is not done, and the table it is on, as the catalog names it."""

    standing: Standing
    table: QualifiedName

    @property
    def name(self) -> str:
        """The step's."""
        return self.standing.step.name

    @property
    def is_build(self) -> bool:
        """Whether it is an index."""
        return isinstance(self.standing.step, CreateIndex)

    @property
    def declared(self) -> str:
        """The name of the step and what declares it."""
        return f"{self.name} (revision {self.standing.revision})"


def pending(standings: Iterable[Standing], seen: Observation) -> Iterator[Pending]:
    """Yield the steps that are not done, on tables that exist."""
    for standing in standings:
        table = seen.table(standing.step.table)
        if table is not None and not standing.done and standing.state is not State.UNWANTED:
            yield Pending(standing, table.name)


def judge(found: Pending, seen: Observation, readings: Mapping[QualifiedName, Reading]) -> Finding:
    """Say what is missing: an error where the table is read sequentially meanwhile, or something
    else is there than declared.
    """
    standing, state = found.standing, found.standing.state
    reading = readings.get(found.table) if found.is_build else None
    wrong = state not in (State.ABSENT, State.VALID_OTHER_NAME, State.NOT_VALID, *_BUILDING)
    severity: Severity = "error" if reading or wrong else "warning"
    evidence = [standing.sight.reason] if standing.sight.reason else []
    evidence += reading.evidence if reading else ()
    if standing.waits_for:
        evidence.append(f"it waits for {', '.join(standing.waits_for)}")
    return Finding(
        "index-missing" if found.is_build else "step-pending",
        "note" if state in _BUILDING else severity,
        _what(found, reading),
        tuple(evidence),
        _cost(found, seen),
        _next(found),
        str(found.table),
        reading.harm if reading else 0.0,
    )


def _what(found: Pending, reading: Reading | None) -> str:
    standing = found.standing
    kind = "index" if found.is_build else standing.step.kind.replace("_", " ")
    state = standing.state
    if state in _BUILDING:
        clause = f"is being built by pid {standing.sight.pid}"
    else:
        clause = _CLAUSES.get(state, "is not there") if found.is_build else "is not done"
    told = f"{kind} {found.name} of {found.table}, declared in revision {standing.revision}, "
    slow = f": queries read all of {size(reading.heap_bytes)}" if reading else ""
    return f"{told}{clause}{slow}"


def _cost(found: Pending, seen: Observation) -> str:
    if not found.is_build or found.standing.state in _BUILDING:
        return ""
    table = seen.table(found.standing.step.table)
    heap = table.heap_bytes if table is not None else 0
    return f"what it would serve reads the table, {size(heap)}, or does without"


def _next(found: Pending) -> str:
    state = found.standing.state
    if state in _BY_A_PERSON:
        return f"Compare it with the revision, then drop or rename it, and run {_apply(found)}"
    return "outofband status" if state in _BUILDING else _apply(found)


def _apply(found: Pending) -> str:
    return f"outofband apply --only {found.name}"
