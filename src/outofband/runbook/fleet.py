"""One runbook over many databases: whose turn it is, and what a run over all of them comes to.

Pure: no connection, no thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeVar

DONE, PENDING, REFUSED, PARTLY_DONE, UNKNOWN = 0, 1, 3, 4, 5


class Hosted(Protocol):
    """A target, as far as its turn goes."""

    @property
    def host(self) -> str:
        """What its work loads, whichever its database is."""
        ...


T = TypeVar("T", bound=Hosted)


@dataclass(frozen=True, slots=True)
class Concurrency:
    """How many targets are worked on at once, of one host and of all."""

    per_host: int = 1
    in_all: int = 20


def due(waiting: Iterable[T], running: Sequence[T], most: Concurrency) -> tuple[T, ...]:
    """Return those that begin now, in their order; one whose host is busy is passed over."""
    busy = Counter(target.host for target in running)
    begin: list[T] = []
    for target in waiting:
        if len(running) + len(begin) >= most.in_all:
            break
        if busy[target.host] < most.per_host:
            busy[target.host] += 1
            begin.append(target)
    return tuple(begin)


class TargetState(Enum):
    """Where a target stands, for people and for programs."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    PENDING = "pending"
    WRONG = "wrong"
    REFUSED = "refused"
    PARTLY_DONE = "partly_done"
    UNKNOWN = "unknown"


def counted(states: Iterable[TargetState]) -> str:
    """Return one sentence that counts, the states in their own order."""
    counts = Counter(states)
    told = [f"{counts[s]} {s.value.replace('_', ' ')}" for s in TargetState if counts[s]]
    number = counts.total()
    return f"{number} target{'s' if number != 1 else ''}: {', '.join(told)}"


def combined(statuses: Iterable[int]) -> int:
    """Return the exit status of commands that only read: 5 where the state of one is unknown, else
    the worst.
    """
    found = set(statuses)
    return UNKNOWN if UNKNOWN in found else max(found, default=DONE)


def combined_work(statuses: Iterable[int], *, acted: bool) -> int:
    """Return the exit status of `apply`: 0 all done, 5 where the state of one is unknown, 4 where
    anything was changed (``acted``), else 3.
    """
    found = set(statuses)
    if found <= {DONE}:
        return DONE
    if UNKNOWN in found:
        return UNKNOWN
    return PARTLY_DONE if acted or PARTLY_DONE in found else REFUSED
