"""Who is in the way: of sessions that wait now, and of a build that would wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from outofband.catalog.reader import Reader, query
from outofband.doctor.finding import Finding, Severity
from outofband.doctor.words import count
from outofband.runbook.preflight.finding import Finding as Obstacle
from outofband.runbook.preflight.transactions import (
    LONG_SECONDS,
    judge_open,
    judge_prepared,
    read_open,
    read_prepared,
)
from outofband.runbook.rate import duration

_WORST_SECONDS = 3600.0
_BUILD_WAITS = "a concurrent build, or a deploy that locks the table, waits until it is over"
_HELD = "VACUUM removes nothing that was deleted since it began"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A session that waits for a lock; ``seconds`` is None where nobody knows for how long."""

    pid: int
    mode: str
    relation: str | None
    seconds: float | None
    blockers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Holder:
    """A session that is in the way; ``age_seconds`` is None where the role may not see it."""

    pid: int
    application_name: str
    role: str
    state: str
    age_seconds: float | None


def read_waiting(reader: Reader) -> tuple[Waiting, ...]:
    """List who waits for a lock now, the longest wait first."""
    rows = reader.rows(query("waiting", __package__))
    return tuple(Waiting(**{**row, "blockers": tuple(row["blockers"])}) for row in rows)


def read_holders(reader: Reader, waiting: Sequence[Waiting]) -> tuple[Holder, ...]:
    """List who is in the way of others and waits for nobody himself."""
    waits = {each.pid for each in waiting}
    pids = sorted({pid for each in waiting for pid in each.blockers} - waits)
    rows = reader.rows(query("sessions", __package__), {"pids": pids}) if pids else ()
    return tuple(Holder(**row) for row in rows)


def judge_waiting(waiting: Sequence[Waiting], holders: Sequence[Holder]) -> Iterator[Finding]:
    """Name each session that others wait for now, also those that wait behind another one."""
    behind = _behind(waiting)
    for holder in holders:
        queue = [each for each in waiting if holder.pid in behind[each.pid]]
        seconds = [each.seconds or 0.0 for each in queue]
        relations = Counter(each.relation for each in queue if each.relation)
        on = f" on {', '.join(name for name, _ in relations.most_common(3))}" if relations else ""
        idle = holder.state.startswith("idle")
        function = "pg_terminate_backend" if idle else "pg_cancel_backend"
        yield Finding(
            "sessions-blocked",
            "error" if max(seconds) >= 1 else "warning",
            f"{count(len(queue), 'session waits', 'sessions wait')} for pid {holder.pid}{on}",
            (_told(holder), f"the longest waits for {duration(max(seconds))}"),
            "what they ask for does not go on, and whoever comes later queues behind them",
            f"Let it end, or run SELECT {function}({holder.pid});",
            harm=sum(seconds),
        )


def _behind(waiting: Sequence[Waiting]) -> dict[int, set[int]]:
    """Return for each waiting session all that it waits for, at however many removes."""
    found = {each.pid: set(each.blockers) for each in waiting}
    grown = True
    while grown:
        before = sum(map(len, found.values()))
        for pid, blockers in found.items():
            found[pid] = blockers.union(*(found[b] for b in blockers if b in found))
        grown = sum(map(len, found.values())) > before
    return found


def _told(holder: Holder) -> str:
    who = holder.application_name or "no application name"
    state = f", {holder.state}" if holder.state else ""
    age = "" if holder.age_seconds is None else f", open for {duration(holder.age_seconds)}"
    return f"pid {holder.pid} ({who}, {holder.role}{state}{age})"


def in_the_way(reader: Reader, tables: Sequence[int], role: str) -> Iterator[Finding]:
    """Name the transactions that a build on one of the tables (by oid) would wait for, as the
    preflight of a build judges them.
    """
    found = read_open(reader, tables)
    ages = {t.pid: t.age_seconds for t in found if t.age_seconds is not None}
    for obstacle in judge_open(found, role):
        longest = max((a for a in ages.values() if a >= LONG_SECONDS), default=0.0)
        yield _finding(obstacle, longest)
    for obstacle in judge_prepared(read_prepared(reader, tables)):
        yield _finding(obstacle, _WORST_SECONDS if obstacle.stops else 0.0)


def _finding(obstacle: Obstacle, seconds: float) -> Finding:
    severity: Severity = "warning"
    if "may not see" in obstacle.what or not obstacle.do:
        severity = "note"
    elif obstacle.stops or seconds >= _WORST_SECONDS:
        severity = "error"
    return Finding(
        "transaction-in-the-way", severity, obstacle.what, (), f"{_BUILD_WAITS}; {_HELD}",
        obstacle.do, harm=seconds,
    )  # fmt: skip
