"""What is wrong with a plan, on large tables only. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from outofband.pretend.plan import Plan
from outofband.rehearse.queries.spots import Spot, spots
from outofband.rehearse.queries.value import Fault
from outofband.stats.value import PAGE, Stats
from outofband_lint.names import QualifiedName
from outofband_lint.settings import INLINE_MAX_BYTES
from outofband_lint.spelling import shown
from outofband_lint.stats import shown_size

_MOST = 0.1
"""A share of a table's rows from which on no index finds them sooner than reading all of it."""


@dataclass(frozen=True, slots=True)
class World:
    """What there is: which tables are ``large``, how large by the ``stats``, and what each
    partition is at last a partition of (``roots``). What reads no more than ``few`` bytes is short.
    """

    large: Callable[[QualifiedName], bool]
    stats: Stats = field(default_factory=Stats)
    roots: Mapping[QualifiedName, QualifiedName] = field(default_factory=dict)
    few: int = INLINE_MAX_BYTES

    def root(self, table: QualifiedName) -> QualifiedName:
        """Return the table that queries name for it."""
        return self.roots.get(table, table)

    def is_large(self, table: QualifiedName) -> bool:
        """Tell whether the table counts as large, or what it is a partition of does."""
        return self.large(table) or self.large(self.root(table))

    def is_sized(self, plan: Plan) -> bool:
        """Tell whether the size of every large table in a plan is known."""
        tables = {node.relation for node in plan.nodes() if node.relation is not None}
        return all(table in self.stats.tables for table in tables if self.is_large(table))


def faults(plan: Plan, world: World, *, sized: bool) -> list[Fault]:
    """Return what is wrong with a plan, one of a kind for each table."""
    found: dict[tuple[str, QualifiedName], Fault] = {}
    for spot in spots(plan):
        for fault in _scanned(spot, world, sized=sized):
            before = found.get((fault.kind, fault.table))
            if before is None or before.node.total_cost < fault.node.total_cost:
                found[fault.kind, fault.table] = fault
    return [*found.values()]


def _scanned(spot: Spot, world: World, *, sized: bool) -> Iterator[Fault]:
    """Yield the fault of a sequential scan, or of an index read as one would be."""
    node = spot.node
    if node.node_type != "Seq Scan" or node.relation is None or not world.is_large(node.relation):
        return
    is_driven = bool(node.filter) or any(_joins(plan, node.alias) for plan in spot.above)
    if not is_driven and spot.is_aside:
        return
    table, name = world.root(node.relation), shown(node.relation)
    if not sized:
        if node.disabled and is_driven:
            yield Fault(
                "sequential-scan", table, node, f"no index can serve it on {name}", sized=False
            )
        return
    relation = world.stats.tables[node.relation]
    keeps_most = not node.filter or _rows(node) >= _MOST * max(relation.tuples, 1)
    # A LIMIT ends a scan early only where rows are found: one that looks for a few reads on.
    size = relation.heap_pages * PAGE * (spot.share if keeps_most else 1)
    if size <= world.few:
        return
    scan = f"{'Parallel ' if node.parallel_aware else ''}Seq Scan on {name}"
    yield Fault(
        "sequential-scan",
        table,
        node,
        f"{scan} reads {shown_size(size)} at a cost of {node.total_cost:.0f}",
        keeps_most=keeps_most,
    )


def _rows(node: Plan) -> float:
    """Return the rows that a scan finds, of which each of several workers finds a share."""
    return node.plan_rows * (3 if node.parallel_aware else 1)


def _joins(plan: Plan, alias: str | None) -> bool:
    conditions = (plan.details.get(name, "") for name in ("Hash Cond", "Merge Cond", "Join Filter"))
    return any(f"{alias}." in condition for condition in conditions)
