"""Which ranges of a document a cursor stands in, and which part of a list a page is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from codeintel.bundle import Document, Range, Span
from outofband.errors import Misuse

T = TypeVar("T")

DEFAULT_TAKE = 100


class PageOutOfBounds(Misuse):
    """A page was asked for that no list can have."""


class Page(NamedTuple):
    """``take`` entries from the one numbered ``skip``, counted from 0."""

    skip: int = 0
    take: int = DEFAULT_TAKE


def slice_page(entries: Sequence[T], page: Page | None) -> Sequence[T]:
    """Return a page of the entries, all of them where no page is asked for.

    A page behind the end is empty. Raises PageOutOfBounds for a negative ``skip`` or no ``take``.
    """
    if page is None:
        return entries
    if page.skip < 0 or page.take <= 0:
        raise PageOutOfBounds(
            f"there is no page of {page.take} from entry {page.skip}",
            why="entries count from 0 and a page has at least one",
            do="Ask for skip >= 0 and take >= 1",
        )
    return entries[page.skip : page.skip + page.take]


def enclosing(document: Document, line: int, character: int) -> list[Range]:
    """Return the ranges around a cursor, innermost first."""
    around = [range_ for range_ in document.ranges.values() if range_.span.covers(line, character)]
    return sorted(around, key=lambda range_: _extent(range_.span))


def _extent(span: Span) -> tuple[bool, int, int, int, int]:
    """Order spans around one point from inside to outside: the later it starts, the further in.

    An empty one is a whole module, defined at the beginning of its file.
    """
    is_empty = span[:2] == span[2:]
    return (is_empty, -span.start_line, -span.start_character, span.end_line, span.end_character)


def between(ranges: Iterable[Range], start_line: int, end_line: int) -> list[Range]:
    """Return the ranges on lines ``start_line`` to ``end_line`` (exclusive), in reading order."""
    touching = (
        range_
        for range_ in ranges
        if range_.span.start_line < end_line and range_.span.end_line >= start_line
    )
    return sorted(touching, key=lambda range_: range_.span)
