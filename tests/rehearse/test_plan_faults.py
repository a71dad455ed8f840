"""What counts as wrong with a plan, and which indexes are tried for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outofband.pretend.plan import Plan, parsed
from outofband.rehearse.queries.candidates import candidates, statement
from outofband.rehearse.queries.conditions import standalone
from outofband.rehearse.queries.faults import faults
from outofband.rehearse.queries.spots import spots
from outofband.rehearse.queries.value import Planned, Unplanned
from outofband.rehearse.queries.world import World
from outofband.stats.value import Column, Relation, Setting, Stats
from outofband_lint.names import QualifiedName
from outofband_lint.query import Query

LARGE, SMALL = QualifiedName("large", "public"), QualifiedName("small", "public")
STATS = Stats(
    relations=(
        Relation("public", "large", 100_000, 5e6, 100_000 * 8192),
        Relation("public", "part", 100_000, 5e6, 100_000 * 8192),
        Relation("public", "small", 10, 100.0, 10 * 8192),
    ),
    columns=(Column("public", "large", "a", 50, 0, 4),),
)


def node(kind: str, *plans: Plan, rows: float = 1, cost: float = 1e5, **more: Any) -> Plan:
    told = {"Node Type": kind, "Startup Cost": 0.0, "Total Cost": cost, "Plan Rows": rows}
    table = more.pop("table", None)
    if table:
        told |= {"Relation Name": table, "Schema": "public", "Alias": table}
    told |= {"Plan Width": 100, **{key.replace("_", " "): value for key, value in more.items()}}
    made = parsed([{"Plan": told}])
    return replace(made, plans=plans)


def world(stats: Stats = STATS, fetched: float | None = None) -> World:
    roots = {QualifiedName("part", "public"): LARGE}
    return World(LARGE.__eq__, stats, roots, fetched=lambda _: fetched)


SCAN = node("Seq Scan", table="large", Filter="(large.a = $1)")
ALL = node("Seq Scan", table="large", rows=5e6)
BY_INDEX = node("Index Scan", table="large", Index_Cond="(large.a = $1)", Filter="(large.b = $2)")
SORT = node("Sort", ALL, rows=5e6, Sort_Key=["large.a"])
BITMAP = node(
    "Bitmap Heap Scan",
    node("Bitmap Index Scan", rows=90_000, Index_Name="large_a"),
    table="large",
    Filter="(large.b = $1)",
)


@pytest.mark.parametrize(
    ("plan", "kinds"),
    [
        (SCAN, ["sequential-scan"]),
        (node("Limit", SCAN, cost=10.0), ["sequential-scan"]),
        (ALL, ["sequential-scan"]),
        (node("Limit", ALL, cost=10.0), []),
        (node("Limit", node("Sort", ALL, rows=20), rows=20, cost=10.0), ["sequential-scan"]),
        (node("Seq Scan", table="small", Filter="(small.a = $1)"), []),
        (node("Seq Scan", table="part", Filter="(part.a = $1)"), ["sequential-scan"]),
        (node("Result", node("Seq Scan", table="large", Subplan_Name="InitPlan 1")), []),
        (SORT, ["sort-spills"]),
        (node("Limit", SORT, rows=20, cost=9e4), ["sequential-scan"]),
        (node("Sort", node("Seq Scan", table="small"), rows=5e6, Sort_Key=["small.a"]), []),
        (BITMAP, ["filter-discards"]),
    ],
)
def test_a_plan_is_wrong_where_it_reads_much_of_a_large_table(plan: Plan, kinds: list[str]) -> None:
    found = faults(plan, world(), sized=True)
    assert [fault.kind for fault in found] == kinds
    assert all(fault.table == LARGE for fault in found)


@pytest.mark.parametrize(
    ("fetched", "kinds"),
    [(100_000.0, ["filter-discards"]), (50.0, []), (None, [])],
)
def test_a_filter_that_discards_most_of_what_an_index_finds_is_wrong(
    fetched: float | None, kinds: list[str]
) -> None:
    found = faults(BY_INDEX, world(fetched=fetched), sized=True)
    assert [fault.kind for fault in found] == kinds


def in_parts(condition: str, pages: int = 900, known: int = 12) -> tuple[Plan, World]:
    """A plan that reads twelve partitions, by `at`, of which some are in production."""
    names = [f"parts_{n}" for n in range(12)]
    scans = [node("Seq Scan", table=name, Filter=f"({name}.{condition})") for name in names]
    sizes = [Relation("public", name, pages, 5e4, pages * 8192) for name in names[:known]]
    whole = Relation("public", "parts", 12 * pages, 6e5, 12 * pages * 8192)
    root, roots = QualifiedName("parts", "public"), [QualifiedName(n, "public") for n in names]
    stats = Stats(relations=(whole, *sizes))
    keys = {each: frozenset({"at"}) for each in roots}
    return node("Append", *scans), World(root.__eq__, stats, dict.fromkeys(roots, root), keys)


def test_partitions_are_read_together() -> None:
    plan, world = in_parts("kind = $1")
    (fault,) = faults(plan, world, sized=True)
    assert fault.why == "Seq Scan on 12 partitions of parts reads 84 MB at a cost of 1200000"
    assert fault.table == QualifiedName("parts", "public")


def test_partitions_that_are_ruled_out_when_the_query_runs_are_not_read_together() -> None:
    assert faults(*in_parts("at < $1"), sized=True) == []


def test_a_partition_that_production_does_not_have_yet_is_empty_there() -> None:
    plan, world = in_parts("kind = $1", known=11)
    assert world.is_sized(plan)
    (fault,) = faults(plan, world, sized=True)
    assert "11 partitions of parts reads 77 MB" in fault.why


def test_nothing_is_said_of_rows_where_columns_were_not_counted() -> None:
    sizes = Stats(relations=STATS.relations)
    assert faults(BY_INDEX, world(sizes, fetched=1e5), sized=True) == []


@pytest.mark.parametrize(("work_mem", "spills"), [("4096", True), ("1GB", False), ("64 MB", True)])
def test_a_sort_has_the_memory_that_production_gives_it(work_mem: str, spills: bool) -> None:
    stats = Stats(settings=(Setting("work_mem", work_mem),), relations=STATS.relations)
    found = [fault.kind for fault in faults(SORT, world(stats), sized=True)]
    assert ("sort-spills" in found) is spills


@pytest.mark.parametrize(
    ("condition", "above", "first"),
    [
        ("((large.a = $1) AND (large.b > $2))", (), "(a, b)"),
        ("((large.b < $1) AND (large.a = ANY ($2)))", (), "(a, b)"),
        ("(lower((large.email)::text) = $1)", (), "((lower(email)))"),
        ("(large.path ~~ 'x%'::text)", (), "(path text_pattern_ops)"),
        ("(large.tags @> $1)", (), "USING gin (tags)"),
        ("(large.a = $1)", ({"Sort_Key": ["large.at DESC"]},), "(a, at)"),
        (
            "(large.a = $1)",
            ({"Sort_Key": ["large.at DESC NULLS LAST", "large.id"]},),
            "(a, at DESC NULLS LAST, id)",
        ),
        (None, ({"Hash_Cond": "(other.id = large.other_id)"},), "(other_id)"),
    ],
)
def test_the_index_that_is_tried_first(
    condition: str | None, above: tuple[dict[str, Any], ...], first: str
) -> None:
    plan = node("Seq Scan", table="large", **({"Filter": condition} if condition else {}))
    for more in above:
        plan = node("Sort", plan, **more)
    spot = [*spots(plan)][-1]
    assert statement(candidates(spot, LARGE)[0]).endswith(first)


@pytest.mark.parametrize(
    ("condition", "alone"),
    [
        ("(d.a = $1)", "(d.a = $1)"),
        ("((d.a = o.id) AND (d.b = $3))", "((d.a = $4) AND (d.b = $3))"),
        ("(d.a = (InitPlan 1).col1)", "(d.a = $1)"),
        ('(d.a = "O".x)', "(d.a = $1)"),
        ("", None),
    ],
)
def test_a_condition_is_asked_for_without_the_other_tables(
    condition: str, alone: str | None
) -> None:
    assert standalone(condition, "d") == alone


QUERY = Query("q", "SELECT 1", "q.sql", 1)
CHEAP = node("Index Scan", table="large", cost=8.0, Index_Cond="(large.a = $1)")


@pytest.mark.parametrize(
    ("base", "head", "worse"),
    [
        (CHEAP, SCAN, True),
        (SCAN, CHEAP, False),
        (SCAN, node("Seq Scan", table="large", cost=9e5), False),
        (CHEAP, node("Seq Scan", table="small", cost=20.0), False),
        (Unplanned("no such table"), SCAN, False),
        (None, SCAN, False),
    ],
)
def test_a_plan_got_worse_where_it_is_another_and_costs_a_multiple(
    base: Plan | Unplanned | None, head: Plan, worse: bool
) -> None:
    assert Planned(QUERY, sized=True, base=base, head=head).got_worse is worse
