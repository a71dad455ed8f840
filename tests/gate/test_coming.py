"""Revisions that are waited for one by one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from outofband.gate.coming import Coming
from outofband_lint.source import Revision

CHAIN = [Revision(name, f"{name}.py") for name in "abcd"]


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def coming(told: list[str]) -> Coming:
    def rest() -> Iterator[Revision]:
        for revision in CHAIN:
            told.append(revision.id)
            yield revision

    return Coming(CHAIN, rest())


def test_how_many_there_are_is_known_before_any_has_come(coming: Coming, told: list[str]) -> None:
    assert len(coming) == 4
    assert told == []


def test_each_is_waited_for_only_when_it_is_looked_at(coming: Coming, told: list[str]) -> None:
    each = iter(coming)
    assert next(each).id == "a"
    assert told == ["a"]
    assert coming[2].id == "c"
    assert told == ["a", "b", "c"]


def test_it_is_a_sequence_like_any_other(coming: Coming) -> None:
    assert coming[-1].id == "d"
    assert [r.id for r in coming[1:3]] == ["b", "c"]
    assert list(coming) == list(coming) == CHAIN
    assert CHAIN[3] in coming
    with pytest.raises(IndexError):
        coming[4]
