"""`stats show`: by size, with what is stale."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from outofband.stats import show, sums
from outofband.stats.missing import HIDDEN, RIGHT, lines
from outofband.stats.value import Index, Missing, Relation, Stats

TODAY = date(2026, 11, 27)
DOCS = Relation("public", "docs", 10, 1234.0, 1 << 30, heap_bytes=1 << 20, analyzed="2026-11")
EV = "public.ev"
EV_2 = "public.ev_2"
PARTS = [
    Relation("public", "ev", 0, -1.0, 0, kind="partitioned table"),
    Relation("public", "ev_1", 2, 10.0, 16384, heap_bytes=16384, seq_scan=3, partition_of=EV),
    Relation("public", "ev_2", 0, -1.0, 0, kind="partitioned table", partition_of=EV),
    Relation("public", "ev_21", 4, 7.0, 32768, heap_bytes=32768, seq_scan=4, partition_of=EV_2),
]  # fmt: skip


def test_partitioned_tables_are_the_sum_of_their_leaves_at_every_level() -> None:
    root, _, middle, _ = sums.relations(PARTS)
    assert (root.pages, root.tuples, root.bytes, root.heap_bytes) == (6, 17.0, 49152, 49152)
    assert (root.seq_scan, middle.pages, middle.tuples) == (7, 4, 7.0)


def test_a_sum_of_what_nobody_counted_is_not_known() -> None:
    leaf = replace(PARTS[1], tuples=-1.0)
    assert sums.relations([PARTS[0], leaf])[0].tuples == -1.0
    assert sums.relations([PARTS[0]])[0].tuples == 0


@pytest.mark.parametrize(
    ("relation", "told"),
    [
        (DOCS, None),
        (replace(DOCS, analyzed="2026-09"), None),
        (replace(DOCS, analyzed="2026-08"), "analysed 3 months ago"),
        (replace(DOCS, analyzed="2025-08"), "analysed 15 months ago"),
        (replace(DOCS, tuples=-1.0), "never analysed"),
        (replace(DOCS, analyzed=None), None),
        (
            replace(DOCS, analyzed=None, kind="partitioned table"),
            "nobody has analysed it as a whole",
        ),
    ],
)
def test_what_is_stale_is_said(relation: Relation, told: str | None) -> None:
    assert show.staleness(relation, TODAY) == told


def test_the_largest_comes_first_indexes_counted() -> None:
    small = Relation("public", "small", 1, 1.0, 8192)
    index = Index("public", "small", "i", "CREATE INDEX i", 1, 1.0, 2 << 30, valid=False)
    stats = Stats(relations=(DOCS, small), indexes=(index,), pulled="2026-11-01")
    assert [r.name for r in show.by_size(stats)] == ["small", "docs"]
    assert show.cells(stats, small, TODAY) == (
        "public.small", "2048 MB", "8192 bytes", "0 bytes", "2048 MB", "1", "0", "0",
        "index i is INVALID",
    )  # fmt: skip
    assert show.summary(stats, TODAY) == "2 relations, 3072 MB, pulled 2026-11-01 (26 days ago)"


def test_each_reason_is_a_line_with_its_grant() -> None:
    few = [Missing("column statistics", RIGHT, name) for name in ("b.t", "a.t")]
    assert list(lines([*few, Missing("queries", HIDDEN)], "joe")) == [
        "missing: column statistics of a.t, b.t: the role may not read the table; "
        "GRANT SELECT ON a.t, b.t TO joe, or GRANT pg_read_all_data TO joe",
        "missing: queries: the role may see only its own; GRANT pg_read_all_stats TO joe",
    ]
    many = [Missing("column statistics", RIGHT, f"a.t{n}") for n in range(7)]
    assert list(lines(many, "joe")) == [
        "missing: column statistics of a.t0, a.t1, a.t2, a.t3, a.t4 and 2 more: "
        "the role may not read the table; GRANT pg_read_all_data TO joe"
    ]
