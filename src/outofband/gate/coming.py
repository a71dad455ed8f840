"""Revisions that are still being rendered, for who wants them one by one as they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from outofband_lint.source import Revision


class Coming(Sequence[Revision]):
    """A chain of revisions in upgrade order; looking at one waits until it is there.

    ``graph`` are the same ones without what they send, which is known from the beginning.
    """

    def __init__(self, graph: Sequence[Revision], rest: Iterator[Revision]) -> None:
        self.graph = graph
        self._there: list[Revision] = []
        self._rest = rest

    def __len__(self) -> int:
        return len(self.graph)

    def __iter__(self) -> Iterator[Revision]:
        for number in range(len(self)):
            yield self[number]

    @overload
    def __getitem__(self, at: int) -> Revision: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Revision]: ...

    def __getitem__(self, at: int | slice) -> Revision | Sequence[Revision]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        number = at + len(self) if at < 0 else at
        if not 0 <= number < len(self):
            raise IndexError(at)
        while len(self._there) <= number:
            self._there.append(next(self._rest))
        return self._there[number]
