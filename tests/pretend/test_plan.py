"""What EXPLAIN tells as JSON is a tree of values."""

from __future__ import annotations

from typing import Any

import pytest

from outofband.model.names import QualifiedName
from outofband.pretend.plan import Plan, parsed


def told(node: str, *below: dict[str, Any], **members: Any) -> dict[str, Any]:
    costs = {"Startup Cost": 0.0, "Total Cost": 8.2, "Plan Rows": 1, "Plan Width": 4}
    return {"Node Type": node, **costs, **members, **({"Plans": list(below)} if below else {})}


def on(table: str, **members: Any) -> dict[str, Any]:
    return {"Relation Name": table, "Schema": "public", "Alias": "d", **members}


def plan(node: dict[str, Any]) -> Plan:
    return parsed([{"Plan": node}])


SEQ_SCAN = told("Seq Scan", **on("docs", **{"Filter": "(d.id = 1)", "Parallel Aware": True}))
INDEX_SCAN = told(
    "Index Scan", **on("docs", **{"Index Name": "docs_path", "Index Cond": "(d.id = $1)"})
)


def test_every_node_is_found_with_its_table_and_index() -> None:
    tree = plan(told("Limit", told("Nested Loop", SEQ_SCAN, INDEX_SCAN)))
    assert [node.node_type for node in tree.nodes()] == [
        "Limit", "Nested Loop", "Seq Scan", "Index Scan"
    ]  # fmt: skip
    *_, scan, lookup = tree.nodes()
    assert (scan.relation, scan.filter) == (QualifiedName("docs", "public"), "(d.id = 1)")
    assert (lookup.index_name, lookup.index_cond) == ("docs_path", "(d.id = $1)")


def test_the_text_reads_like_psql_s() -> None:
    assert list(plan(told("Limit", SEQ_SCAN, INDEX_SCAN)).lines()) == [
        "Limit  (cost=0.00..8.20 rows=1 width=4)",
        "  Parallel Seq Scan on public.docs d  (cost=0.00..8.20 rows=1 width=4)",
        "    Filter: (d.id = 1)",
        "  Index Scan using docs_path on public.docs d  (cost=0.00..8.20 rows=1 width=4)",
        "    Index Cond: (d.id = $1)",
    ]


def test_plans_of_one_shape_differ_in_figures_alone() -> None:
    cheap, dear = (
        plan(told("Limit", INDEX_SCAN)),
        plan(told("Limit", INDEX_SCAN, **{"Plan Rows": 9})),
    )
    assert cheap != dear
    assert cheap.shape == dear.shape
    assert cheap.shape != plan(told("Limit", SEQ_SCAN)).shape


@pytest.mark.parametrize(
    ("node", "whole"),
    [
        (SEQ_SCAN, True),
        (INDEX_SCAN, False),
        (told("Index Scan", **on("docs"), **{"Index Name": "i", "Filter": "(d.id = 1)"}), True),
        (told("Index Only Scan", **on("docs"), **{"Index Name": "i"}), True),
        (told("Index Scan", **on("docs"), **{"Index Name": "i", "Order By": "(p <-> $1)"}), False),
        (told("Bitmap Heap Scan", **on("docs")), False),
        (told("Sort"), False),
    ],
)
def test_what_reads_all_of_a_table_or_an_index(node: dict[str, Any], whole: bool) -> None:
    assert plan(node).reads_whole is whole


@pytest.mark.parametrize(
    ("node", "disabled"),
    [
        (told("Seq Scan", **{"Disabled": True}), True),
        (told("Seq Scan", **{"Disabled": False, "Startup Cost": 2e10}), False),
        (told("Seq Scan", **{"Startup Cost": 1e10, "Total Cost": 1e10 + 5}), True),
        (told("Seq Scan", **{"Startup Cost": 0.0, "Total Cost": 2e10}), False),
        (told("Limit", **{"Startup Cost": 1e10, "Total Cost": 1e10 + 5}), False),
    ],
)
def test_a_scan_without_alternative_is_known_from_18_by_name_and_before_by_cost(
    node: dict[str, Any], disabled: bool
) -> None:
    assert plan(node).disabled is disabled
