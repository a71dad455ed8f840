"""The pages of docs/steps: the locks that they tell are those that were measured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from matrix.corpus import corpus

PAGES = sorted((Path(__file__).parents[2] / "docs" / "steps").glob("*.md"))
ROW = re.compile(r"^\| `(?P<sql>[^`]+)` \| `?(?P<locks>[^`]+?)`? \|$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_locks_of_a_page_are_those_that_the_matrix_holds(page: Path) -> None:
    _, table, rest = page.read_text(encoding="utf-8").partition("| statement | locks |\n")
    told = [(row["sql"], row["locks"]) for row in ROW.finditer(rest.partition("\n\n")[0])]
    assert table, "it has no table of locks"
    assert told
    measured = {known.sql: known for known in corpus()[1]}
    for sql, locks in told:
        assert sql in measured, sql
        assert measured[sql].older == {}, f"{sql}: older versions lock otherwise"
        assert locks == shown(measured[sql].locks), sql


def shown(locks: object) -> str:
    assert isinstance(locks, dict)
    told = (f"{str(name).removeprefix('public.')} {mode.value}" for name, mode in locks.items())
    return "; ".join(told) or "nothing"
