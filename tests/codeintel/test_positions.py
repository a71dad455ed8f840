"""Which ranges a cursor stands in, and which part of a list a page is."""

from __future__ import annotations

import pytest

from codeintel.bundle import Document, Range, Span
from codeintel.store.positions import Page, PageOutOfBounds, between, enclosing, slice_page


def document(*spans: tuple[int, int, int, int]) -> Document:
    return Document(
        {str(number): Range(Span(*span)) for number, span in enumerate(spans)}, {}, {}, {}
    )


WHOLE, LINE, WORD, MODULE = (0, 0, 9, 0), (2, 0, 2, 20), (2, 4, 2, 8), (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("line", "character", "spans"),
    [
        (2, 4, [WORD, LINE, WHOLE]),
        (2, 7, [WORD, LINE, WHOLE]),
        (2, 8, [WORD, LINE, WHOLE]),
        (2, 9, [LINE, WHOLE]),
        (3, 5, [WHOLE]),
        (0, 0, [WHOLE, MODULE]),
        (9, 1, []),
    ],
)
def test_the_ranges_around_a_cursor_come_from_inside_to_outside(
    line: int, character: int, spans: list[tuple[int, int, int, int]]
) -> None:
    around = enclosing(document(WHOLE, MODULE, WORD, LINE), line, character)
    assert [range_.span for range_ in around] == spans


def test_the_ranges_of_some_lines_come_in_reading_order() -> None:
    ranges = document(WORD, LINE, WHOLE, (5, 0, 5, 1)).ranges.values()
    assert [range_.span for range_ in between(ranges, 2, 5)] == [WHOLE, LINE, WORD]


@pytest.mark.parametrize(
    ("page", "entries"),
    [
        (None, "abcde"),
        (Page(), "abcde"),
        (Page(0, 2), "ab"),
        (Page(4, 2), "e"),
        (Page(5, 2), ""),
        (Page(99, 1), ""),
    ],
)
def test_a_page_is_a_slice_in_memory(page: Page | None, entries: str) -> None:
    assert slice_page("abcde", page) == entries


@pytest.mark.parametrize("page", [Page(-1, 1), Page(0, 0), Page(0, -1)])
def test_a_page_that_no_list_has_is_refused(page: Page) -> None:
    with pytest.raises(PageOutOfBounds):
        slice_page("abcde", page)
