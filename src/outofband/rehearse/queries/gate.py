"""Asks a server that pretends to be production for the plans of all queries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from outofband.gate.subject import Subject
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.pretend import Plan, Pretended, QueryNotPlanned, WithoutSeqScan, pretended
from outofband.rehearse.queries.asked import Asking, asking
from outofband.rehearse.queries.faults import World, faults
from outofband.rehearse.queries.parameters import numbered
from outofband.rehearse.queries.trial import Trial
from outofband.rehearse.queries.value import Outcome, Planned, Unplanned
from outofband.rehearse.relations import query as sql_of
from outofband.stats.file import read
from outofband.stats.value import Stats
from outofband_lint.names import QualifiedName
from outofband_lint.query import Query
from outofband_lint.reader.tokens import Unreadable
from outofband_lint.settings import Settings

Answer = tuple[Outcome, bool]
"""What the server said of a query, and whether at production's size."""


@dataclass(frozen=True, slots=True)
class Place:
    """A server of ours: where libpq connects to, and its data directory."""

    url: str
    data_directory: Path


@dataclass(frozen=True, slots=True)
class Gate:
    """The queries to ask about, and what counts as large."""

    asking: Sequence[Asking]
    world: World

    def plans(self, place: Place) -> dict[Query, Answer]:
        """Return the plan of each query as the server stands now."""
        with self._at_size(place) as ask:
            return {each.query: ask.answer(each.query) for each in self.asking}

    def judged(self, place: Place, base: Mapping[Query, Answer]) -> tuple[Planned, ...]:
        """Return the queries with their plans now, and what is wrong with them."""
        with self._at_size(place) as ask:
            return tuple(self._judged(ask, each, base.get(each.query)) for each in self.asking)

    def _judged(self, ask: _Asked, asking: Asking, base: Answer | None) -> Planned:
        head, sized = ask.answer(asking.query)
        before = _comparable(base, sized)
        planned = Planned(asking.query, asking.known, asking.observed, sized, before, head)
        if not isinstance(head, Plan):
            return planned
        old = faults(before, ask.world, sized=sized) if isinstance(before, Plan) else []
        known = {(fault.kind, fault.table) for fault in old if asking.known}
        found = faults(head, ask.world, sized=sized)
        trial = Trial(ask.size, ask.explained, ask.world, numbered(asking.query.sql), sized=sized)
        tried = tuple(
            replace(f, suggestion=trial.of(f, head), is_old=(f.kind, f.table) in known)
            for f in found
        )
        return replace(planned, faults=tried)

    @contextmanager
    def _at_size(self, place: Place) -> Iterator[_Asked]:
        with (
            Session(Url(place.url)) as session,
            pretended(session, place.data_directory, self.world.stats) as size,
        ):
            roots = {
                QualifiedName(row["name"], row["schema"]): QualifiedName(
                    row["root"], row["root_schema"]
                )
                for row in session.rows(sql_of("partitions"))
            }
            yield _Asked(size, WithoutSeqScan(session), replace(self.world, roots=roots))


def _comparable(base: Answer | None, sized: bool) -> Outcome | None:
    """Return what was at base, unless it is a plan whose figures mean something else."""
    if base is None or (isinstance(base[0], Plan) and base[1] != sized):
        return None
    return base[0]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A server that is being asked."""

    size: Pretended
    without_size: WithoutSeqScan
    world: World

    def answer(self, query: Query) -> Answer:
        """Return the plan of a query, and whether it is that of production's size."""
        try:
            plan = self.size.explain(numbered(query.sql))
        except QueryNotPlanned as error:
            return Unplanned(error.why, error.sqlstate), False
        except Unreadable as error:
            return Unplanned(str(error)), False
        if self.world.is_sized(plan):
            return plan, True
        return self.explained(numbered(query.sql), sized=False), False

    def explained(self, sql: str, *, sized: bool) -> Plan:
        """Return the plan of a query that has one."""
        return self.size.explain(sql) if sized else self.without_size.explain(sql)


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
