"""What is wrong with a plan, on large tables only. Pure.

Rows are the planner's estimates: where production's statistics of columns are not known they are
guesses, and only the size of a table says something.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from outofband.pretend.plan import Plan
from outofband.rehearse.queries.conditions import JOINS
from outofband.rehearse.queries.spots import Spot, spots
from outofband.rehearse.queries.value import Fault
from outofband.stats.value import PAGE, Stats
from outofband_lint.names import QualifiedName
from outofband_lint.settings import INLINE_MAX_BYTES
from outofband_lint.spelling import shown
from outofband_lint.stats import shown_size

_FEW_OF = 0.1
"""The share of what is read up to which it is a small part: of a table's rows an index finds more
no sooner than reading all of it does."""
_NOTICED = 100
"""Rows that are read for nothing, each on a page of its own, before anybody notices."""
_WORK_MEM = 4 * 2**20
_UNITS = {"kB": 2**10, "MB": 2**20, "GB": 2**30, "": 2**10}
_TUPLE_HEADER, _ALIGNED = 24, 8
_BITMAP = "Bitmap Heap Scan"
_INDEX_SCANS = frozenset({"Index Scan", "Index Only Scan", _BITMAP})
_WORKERS = 3
"""A parallel node's rows are those of one process; with the usual two workers there are three."""


@dataclass(frozen=True, slots=True)
class World:
    """What there is: which tables are ``large``, how large by the ``stats``, and what each
    partition is at last a partition of (``roots``). What reads no more than ``few`` bytes is short.
    ``partial`` are the indexes that have a predicate. ``fetched`` tells how many rows an index
    finds for a scan, None where nobody knows.
    """

    large: Callable[[QualifiedName], bool]
    stats: Stats = field(default_factory=Stats)
    roots: Mapping[QualifiedName, QualifiedName] = field(default_factory=dict)
    few: int = INLINE_MAX_BYTES
    partial: frozenset[QualifiedName] = frozenset()
    fetched: Callable[[Plan], float | None] = lambda _: None

    def root(self, table: QualifiedName) -> QualifiedName:
        """Return the table that queries name for it."""
        return self.roots.get(table, table)

    def is_large(self, table: QualifiedName | None) -> bool:
        """Tell whether the table counts as large, or what it is a partition of does."""
        return table is not None and (self.large(table) or self.large(self.root(table)))

    def is_sized(self, plan: Plan) -> bool:
        """Tell whether the size of every large table in a plan is known."""
        tables = {node.relation for node in plan.nodes() if node.relation is not None}
        return all(table in self.stats.tables for table in tables if self.is_large(table))

    def estimates(self, table: QualifiedName) -> bool:
        """Tell whether the planner knows what is in a table's columns."""
        return table in self.stats.columns_of or self.root(table) in self.stats.columns_of

    @property
    def work_mem(self) -> int:
        """The bytes that a sort may take before it goes to disk, in production."""
        told = {setting.name: setting.value for setting in self.stats.settings}
        match = re.fullmatch(r"(\d+) ?(kB|MB|GB|)", told.get("work_mem", ""))
        return int(match[1]) * _UNITS[match[2]] if match else _WORK_MEM


def faults(plan: Plan, world: World, *, sized: bool) -> list[Fault]:
    """Return what is wrong with a plan, one of a kind for each table."""
    found: dict[tuple[str, QualifiedName], Fault] = {}
    for spot in spots(plan):
        for fault in _of(spot, world, sized=sized):
            before = found.get((fault.kind, fault.table))
            if before is None or before.node.total_cost < fault.node.total_cost:
                found[fault.kind, fault.table] = fault
    others = {table for kind, table in found if kind != "sequential-scan"}
    return [f for f in found.values() if not (_asks_for_all(f) and f.table in others)]


def _asks_for_all(fault: Fault) -> bool:
    return fault.kind == "sequential-scan" and fault.keeps_most


def _of(spot: Spot, world: World, *, sized: bool) -> Iterator[Fault]:
    node = spot.node
    if node.node_type == "Seq Scan" and world.is_large(node.relation):
        yield from _scanned(spot, world) if sized else _unserved(spot, world)
    elif node.node_type in _INDEX_SCANS and world.is_large(node.relation):
        yield from _discarded(spot, world) if sized else _read_whole(spot, world)
    elif sized and node.node_type == "Sort":
        yield from _spilled(spot, world)


def _unserved(spot: Spot, world: World) -> Iterator[Fault]:
    """Yield the fault of a scan that is there although it is forbidden."""
    node = spot.node
    if node.disabled and _looks_for_something(spot) and node.relation is not None:
        why = f"no index can serve it on {shown(node.relation)}"
        yield Fault("sequential-scan", world.root(node.relation), node, node, why, sized=False)


def _read_whole(spot: Spot, world: World) -> Iterator[Fault]:
    """Yield the fault of an index that is read from end to end where nothing may read the table so.

    Below a LIMIT what it looks for may come soon; a partial one may be what serves the query.
    """
    node = spot.node
    if node.relation is None or not node.filter or any(p.node_type == "Limit" for p in spot.above):
        return
    schema, whole = node.relation.schema, [each for each in node.nodes() if each.reads_whole]
    indexes = {QualifiedName(each.index_name or "", schema) for each in whole}
    if indexes and indexes.isdisjoint(world.partial):
        why = f"no index can serve {node.filter} on {shown(node.relation)}"
        yield Fault("sequential-scan", world.root(node.relation), node, node, why, sized=False)


def _scanned(spot: Spot, world: World) -> Iterator[Fault]:
    """Yield the fault of a sequential scan.

    A LIMIT ends a scan early only where rows are found: one that looks for a few reads on.
    """
    node = spot.node
    assert node.relation is not None
    relation = world.stats.tables[node.relation]
    keeps_most = not node.filter or _rows(spot) >= _FEW_OF * max(relation.tuples, 1)
    size = relation.heap_pages * PAGE * (spot.share if keeps_most else 1)
    if size <= world.few or (spot.is_aside and not _looks_for_something(spot)):
        return
    scan = f"{'Parallel ' if node.parallel_aware else ''}Seq Scan on {shown(node.relation)}"
    why = f"{scan} reads {shown_size(size)} at a cost of {node.total_cost:.0f}"
    yield Fault(
        "sequential-scan", world.root(node.relation), node, node, why, keeps_most=keeps_most
    )


def _discarded(spot: Spot, world: World) -> Iterator[Fault]:
    """Yield the fault of an index that finds many rows of which a filter leaves a few."""
    node = spot.node
    assert node.relation is not None
    if not node.filter or not world.estimates(node.relation):
        return
    fetched, kept = _fetched(spot, world), _rows(spot)
    if fetched is None or kept > _FEW_OF * fetched or (fetched - kept) * spot.share < _NOTICED:
        return
    name = node.index_name or next((n.index_name for n in node.nodes() if n.index_name), "")
    why = (
        f"{name} on {shown(node.relation)} finds {fetched:.0f} rows, of which the filter "
        f"{node.filter} leaves {kept:.0f}"
    )
    yield Fault("filter-discards", world.root(node.relation), node, node, why)


def _fetched(spot: Spot, world: World) -> float | None:
    node = spot.node
    if node.node_type == _BITMAP:
        return sum(plan.plan_rows for plan in node.plans)
    if node.index_cond is not None:
        return world.fetched(node)
    assert node.relation is not None
    return world.stats.tables[node.relation].tuples


def _spilled(spot: Spot, world: World) -> Iterator[Fault]:
    """Yield the fault of a sort that has more rows than memory (costsize.c, cost_tuplesort).

    Under a LIMIT it keeps only as many as are asked for.
    """
    node = spot.node
    scans = [n for n in node.nodes() if world.is_large(n.relation) and n.node_type != "ModifyTable"]
    scan = max(scans, key=lambda each: each.total_cost, default=None)
    if scan is None or scan.relation is None:
        return
    limit = next((plan for plan in spot.above[:2] if plan.node_type == "Limit"), None)
    rows = min(node.plan_rows, limit.plan_rows) if limit else node.plan_rows
    width = -(-node.plan_width // _ALIGNED) * _ALIGNED + _TUPLE_HEADER
    if rows * width <= world.work_mem:
        return
    key, most = ", ".join(node.details.get("Sort Key", ())), shown_size(world.work_mem)
    why = (
        f"the sort of {rows:.0f} rows of {shown(scan.relation)} by {key} takes "
        f"{shown_size(rows * width)}, and beyond work_mem ({most}) goes to disk"
    )
    yield Fault("sort-spills", world.root(scan.relation), node, scan, why, keeps_most=True)


def _rows(spot: Spot) -> float:
    """Return the rows of all processes, as the node says that gathers them."""
    if not spot.node.parallel_aware:
        return spot.node.plan_rows
    gathers = spot.parent is not None and spot.parent.node_type.startswith("Gather")
    return spot.parent.plan_rows if spot.parent and gathers else spot.node.plan_rows * _WORKERS


def _looks_for_something(spot: Spot) -> bool:
    """Tell whether a scan's rows are chosen, by its filter or by a join."""
    joins = (plan.details.get(name, "") for plan in spot.above for name in JOINS)
    return bool(spot.node.filter) or any(f"{spot.node.alias}." in text for text in joins)
