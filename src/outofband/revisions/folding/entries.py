"""The steps that a fold has so far, in order, and found by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from outofband.model.step import AddConstraint, Step, WantedStep


@dataclass(frozen=True, slots=True)
class Entry:
    """A step as it was declared and as the revisions after it left it."""

    declared: WantedStep
    step: Step

    @property
    def wanted(self) -> WantedStep:
        """The step under the names of the end, with the revision that declares it."""
        return replace(self.declared, step=self.step)


class Entries:
    """Entries in the order they were declared.

    Whoever declares one more looks at those of its name and at no other: a history of a thousand
    indexes is folded in the time of a thousand declarations, not of a million comparisons.
    """

    def __init__(self) -> None:
        self._all: list[Entry] = []
        self._called: dict[str, list[Entry]] = {}

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._all)

    def called(self, name: str) -> tuple[Entry, ...]:
        """Return the entries whose step has the name, of whatever table, or promotes an index that
        has it.
        """
        return tuple(self._called.get(name, ()))

    def append(self, entry: Entry) -> None:
        """Add one at the end."""
        self._all.append(entry)
        for name in _names(entry.step):
            self._called.setdefault(name, []).append(entry)

    def remove(self, over: Iterable[Entry]) -> None:
        """Take these out."""
        gone = {id(entry) for entry in over}
        if gone:
            self._set([entry for entry in self._all if id(entry) not in gone])

    def change(self, change: Callable[[Step], Step]) -> None:
        """Put another step in the place of each that ``change`` returns another for."""
        changed = [(entry, change(entry.step)) for entry in self._all]
        if any(step is not entry.step for entry, step in changed):
            self._set([e if step is e.step else replace(e, step=step) for e, step in changed])

    def _set(self, entries: list[Entry]) -> None:
        called: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            for name in _names(entry.step):
                called[name].append(entry)
        self._all, self._called = entries, dict(called)


def _names(step: Step) -> set[str]:
    return {step.name, step.using_index} if isinstance(step, AddConstraint) else {step.name}
