"""Asks for the plans of all queries, before the rehearsed revisions and after them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from outofband.gate.subject import Subject
from outofband.pretend import Plan
from outofband.rehearse.queries.asked import Asking, asking
from outofband.rehearse.queries.faults import faults
from outofband.rehearse.queries.planning import Answer, Place, Planning, planning
from outofband.rehearse.queries.steps import Steps
from outofband.rehearse.queries.trial import Trial
from outofband.rehearse.queries.value import Outcome, Planned
from outofband.rehearse.queries.world import World
from outofband.stats.file import read
from outofband.stats.value import Stats
from outofband_lint.names import QualifiedName
from outofband_lint.query import Query
from outofband_lint.settings import Settings
from outofband_lint.statement import CreateIndex


@dataclass(frozen=True, slots=True)
class Gate:
    """The queries to ask about, and what counts as large."""

    asking: Sequence[Asking]
    world: World

    def plans(self, place: Place) -> dict[Query, Answer]:
        """Return the plan of each query as the server stands now."""
        with planning(place, self.world) as server:
            return {each.query: server.answer(each.query) for each in self.asking}

    def judged(
        self, place: Place, base: Mapping[Query, Answer], steps: Steps
    ) -> tuple[Planned, ...]:
        """Return the queries with their plans now, and what is wrong with them; ``steps`` are those
        that a deploy leaves to be done.
        """
        with planning(place, self.world) as server:
            suggested: dict[CreateIndex, None] = {}
            found = []
            for each in self.asking:
                judged = _judged(server, each, base.get(each.query), [*suggested])
                tried = (f.suggestion for f in judged.faults if f.suggestion)
                suggested |= dict.fromkeys(suggestion.index for suggestion in tried)
                found.append(judged)
            can = server.size.sized  # only then may indexes be hidden
            return tuple(_deferred(server, found, steps) if base and steps and can else found)


def _judged(
    server: Planning, asking: Asking, base: Answer | None, suggested: Sequence[CreateIndex]
) -> Planned:
    answer = server.answer(asking.query)
    head, sized = answer.outcome, answer.sized
    before = _comparable(base, answer)
    planned = Planned(asking.query, asking.known, asking.observed, sized, before, head)
    if not isinstance(head, Plan):
        return planned
    old = faults(before, server.world, sized=sized) if isinstance(before, Plan) else []
    known = {(fault.kind, fault.table) for fault in old if asking.known}
    trial = Trial(server, answer.sql, sized, suggested)
    found = [
        replace(f, suggestion=trial.of(f, head), is_old=(f.kind, f.table) in known)
        for f in faults(head, server.world, sized=sized)
    ]
    return replace(planned, faults=tuple(trial.together(found, head)))


def _comparable(base: Answer | None, head: Answer) -> Outcome | None:
    """Return what was at base, unless both are plans and the figures mean different things."""
    if base is None:
        return None
    both = isinstance(base.outcome, Plan) and isinstance(head.outcome, Plan)
    return None if both and base.sized != head.sized else base.outcome


def _deferred(server: Planning, planned: Sequence[Planned], steps: Steps) -> list[Planned]:
    """Return the queries with what their plans are until the steps are done."""
    with server.before_steps(steps.built, steps.there):
        answers = [server.answer(each.query) for each in planned]
    return [
        replace(each, deferred=answer.outcome)
        if _differs(each.head, answer.outcome) and answer.sized == each.sized
        else each
        for each, answer in zip(planned, answers, strict=True)
    ]


def _differs(head: Outcome | None, deferred: Outcome) -> bool:
    if not isinstance(head, Plan) or not isinstance(deferred, Plan):
        return False
    return head.shape != deferred.shape


def gate_for(subject: Subject, settings: Settings, stats: str | None) -> Gate:
    """Return the gate for a project's queries; ``stats`` is the path of the stats file.

    Raises StatsFileWrong.
    """
    known = read(Path(stats).read_text(encoding="utf-8-sig"), stats) if stats else Stats()
    before = None if subject.base is None else subject.base.queries
    asked = tuple(asking(subject.queries, before, known, stats or ""))

    def is_large(table: QualifiedName) -> bool:
        """Take a table for new and small that a stats file lacks and no pattern names."""
        named = settings.relation(table) is not None or bool(settings.large)
        return settings.is_large(table) and (named or not known.relations)

    return Gate(asked, World(is_large, known, few=settings.inline_max_bytes))
