"""A nightly pull changes the file only where production has changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outofband.stats.steady import steadied
from outofband.stats.value import Column, Index, Missing, Query, Relation, Stats

DOCS = Relation(
    "public", "docs", 1000, 50_000.0, 8_192_000, all_visible=900, analyzed="2026-09", seq_scan=10
)
PATH = Column("public", "docs", "path", -0.5, 0.02, 40, 0.25)
BEFORE = Stats(
    180006,
    "2026-10-01",
    relations=(DOCS,),
    columns=(PATH,),
    indexes=(Index("public", "docs", "i", "CREATE INDEX i", 10, 5e4, 81920),),
    queries=(Query("SELECT 1 FROM docs", 100, 2.0),),
)

NOISE: list[dict[str, Any]] = [
    {"pages": 1050, "tuples": 52_000.0, "bytes": 8_600_000},
    {"seq_scan": 29},
    {"analyzed": "2026-11"},
    {"all_visible": 950},
]
NEWS: list[dict[str, Any]] = [
    {"pages": 1200},
    {"tuples": -1.0},
    {"bytes": 9_200_000},
    {"seq_scan": 40},
    {"seq_scan": 0},
    {"idx_scan": 1},
    {"kind": "materialized view"},
    {"analyzed": None},
]


def of(relation: Relation) -> Stats:
    return replace(BEFORE, pulled="2026-11-27", server_version=180007, relations=(relation,))


@pytest.mark.parametrize("noise", NOISE)
def test_noise_leaves_the_file_as_it_is(noise: dict[str, Any]) -> None:
    assert steadied(of(replace(DOCS, **noise)), BEFORE) is BEFORE


@pytest.mark.parametrize("news", NEWS)
def test_news_replaces_the_object_and_the_day(news: dict[str, Any]) -> None:
    moved = replace(DOCS, **news)
    kept = steadied(of(moved), BEFORE)
    assert kept.relations == (moved,)
    assert (kept.pulled, kept.columns) == ("2026-11-27", BEFORE.columns)


def test_small_steps_do_not_add_up_unseen() -> None:
    kept = BEFORE
    for step in range(1, 30):
        pages = round(1000 * 1.03**step)
        kept = steadied(of(replace(DOCS, pages=pages)), kept)
        assert pages / 1.1 <= kept.relations[0].pages <= pages


def test_what_comes_and_goes_is_news() -> None:
    other = replace(DOCS, name="new")
    assert steadied(replace(BEFORE, relations=(DOCS, other)), BEFORE).relations == (DOCS, other)
    assert steadied(replace(BEFORE, relations=()), BEFORE).relations == ()


def test_an_index_that_was_locked_is_still_known() -> None:
    locked = replace(BEFORE, indexes=(), missing=(Missing("index", "it is locked", "public.i"),))
    assert steadied(locked, BEFORE).indexes == BEFORE.indexes
    assert steadied(replace(BEFORE, indexes=()), BEFORE).indexes == ()


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        ({"n_distinct": -0.52}, True),
        ({"n_distinct": 0.5}, False),
        ({"null_frac": 0.1}, True),
        ({"null_frac": 0.3}, False),
        ({"correlation": 0.2}, True),
        ({"correlation": None}, False),
        ({"most_common_vals": "{a}"}, False),
    ],
)
def test_estimates_of_columns(change: dict[str, Any], holds: bool) -> None:
    new = replace(BEFORE, columns=(replace(PATH, **change),))
    assert (steadied(new, BEFORE) is BEFORE) == holds


def test_the_order_in_which_the_server_lists_things_is_no_news() -> None:
    two = replace(BEFORE, relations=(DOCS, replace(DOCS, name="another")))
    assert steadied(replace(two, relations=two.relations[::-1]), two) is two
