"""Where the nodes of a plan stand: what is above each, and how much of it is run. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from outofband.pretend.plan import Plan

_READS_ALL_FIRST = frozenset({"Sort", "Hash", "Materialize", "CTE Scan", "Bitmap Heap Scan"})
"""Nodes that have read everything below them before they give the first row."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A node, those above it, nearest first, and which share of it is run: less than 1 where a
    LIMIT ends it before.
    """

    node: Plan
    above: tuple[Plan, ...] = ()
    share: float = 1.0

    @property
    def parent(self) -> Plan | None:
        """The node right above."""
        return self.above[0] if self.above else None

    @property
    def is_aside(self) -> bool:
        """Whether it is in a query in an expression, of which often one row is enough."""
        return any("Subplan Name" in plan.details for plan in (self.node, *self.above))


def spots(plan: Plan) -> Iterator[Spot]:
    """Yield each node of a plan, parents first."""
    return _below(Spot(plan))


def _below(spot: Spot) -> Iterator[Spot]:
    yield spot
    for plan in spot.node.plans:
        yield from _below(Spot(plan, (spot.node, *spot.above), _share(spot, plan)))


def _share(spot: Spot, below: Plan) -> float:
    node = spot.node
    if node.node_type in _READS_ALL_FIRST or _is_unsorted_aggregate(node):
        return 1.0
    if node.node_type != "Limit":
        return spot.share
    whole = below.total_cost - below.startup_cost
    part = (node.total_cost - below.startup_cost) / whole if whole > 0 else 1.0
    return spot.share * min(max(part, 0.0), 1.0)


def _is_unsorted_aggregate(node: Plan) -> bool:
    return node.node_type == "Aggregate" and node.details.get("Strategy") != "Sorted"
