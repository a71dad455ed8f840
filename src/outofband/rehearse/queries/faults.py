"""What is wrong with a plan, on large tables only. Pure.

Rows are the planner's estimates: where production's statistics of columns are not known they are
guesses, and only the size of a table says something.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from outofband.pretend.plan import Plan
from outofband.rehearse.queries.conditions import JOINS
from outofband.rehearse.queries.spots import Spot, spots
from outofband.rehearse.queries.value import Fault
from outofband.rehearse.queries.world import World
from outofband.stats.value import PAGE
from outofband_lint.names import QualifiedName
from outofband_lint.spelling import shown
from outofband_lint.stats import shown_size

_FEW_OF = 0.1
"""The share of what is read up to which it is a small part: of a table's rows an index finds more
no sooner than reading all of it does."""
_NOTICED = 100
"""Rows that are read for nothing, each on a page of its own, before anybody notices."""
_TUPLE_HEADER, _ALIGNED = 24, 8
_BITMAP = "Bitmap Heap Scan"
_INDEX_SCANS = frozenset({"Index Scan", "Index Only Scan", _BITMAP})
_WORKERS = 3
"""A parallel node's rows are those of one process; with the usual two workers there are three."""


def faults(plan: Plan, world: World, *, sized: bool) -> list[Fault]:
    """Return what is wrong with a plan, one of a kind for each table."""
    found: dict[tuple[str, QualifiedName], Fault] = {}
    every = [*spots(plan)]
    read = _read_together(every, world) if sized else {}
    for spot in every:
        for fault in _of(spot, world, read, sized=sized):
            before = found.get((fault.kind, fault.table))
            if before is None or before.node.total_cost < fault.node.total_cost:
                found[fault.kind, fault.table] = fault
    others = {table for kind, table in found if kind != "sequential-scan"}
    return [f for f in found.values() if not (_asks_for_all(f) and f.table in others)]


def _asks_for_all(fault: Fault) -> bool:
    return fault.kind == "sequential-scan" and fault.keeps_most


def _of(
    spot: Spot, world: World, read: Mapping[QualifiedName, Sequence[Spot]], *, sized: bool
) -> Iterator[Fault]:
    node = spot.node
    if node.node_type == "Seq Scan" and world.is_large(node.relation):
        yield from _scanned(spot, world, read) if sized else _unserved(spot, world)
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


def _read_together(every: Iterable[Spot], world: World) -> dict[QualifiedName, list[Spot]]:
    """Return the sequential scans of each table, those of partitions with what they are of."""
    found: dict[QualifiedName, list[Spot]] = {}
    for spot in every:
        if spot.node.node_type == "Seq Scan" and spot.node.relation in world.stats.tables:
            found.setdefault(_whole(spot.node, world), []).append(spot)
    return found


def _whole(scan: Plan, world: World) -> QualifiedName:
    """Return the table of a scan, or what it is a partition of, if that is read with the others."""
    assert scan.relation is not None
    return scan.relation if world.may_be_ruled_out(scan) else world.root(scan.relation)


def _scanned(
    spot: Spot, world: World, read: Mapping[QualifiedName, Sequence[Spot]]
) -> Iterator[Fault]:
    """Yield the fault of a sequential scan, beside those of the other partitions.

    A LIMIT ends a scan early only where rows are found: one that looks for a few reads on.
    """
    node, kind = spot.node, "Parallel Seq Scan" if spot.node.parallel_aware else "Seq Scan"
    assert node.relation is not None
    if node.relation not in world.stats.tables:
        return  # a partition that is to be made
    together = read.get(_whole(node, world), ())
    size = sum(_bytes(each, world) for each in together)
    if size <= world.few or (spot.is_aside and not _looks_for_something(spot)):
        return
    table, cost = world.root(node.relation), sum(each.node.total_cost for each in together)
    several = f"{len(together)} partitions of {shown(table)}"
    scan = f"{kind} on {several if len(together) > 1 else shown(node.relation)}"
    why = f"{scan} reads {shown_size(size)} at a cost of {cost:.0f}"
    most = _keeps_most(spot, world)
    yield Fault("sequential-scan", table, node, node, why, keeps_most=most)


def _bytes(spot: Spot, world: World) -> float:
    assert spot.node.relation is not None
    pages = world.stats.tables[spot.node.relation].heap_pages
    return pages * PAGE * (spot.share if _keeps_most(spot, world) else 1)


def _keeps_most(spot: Spot, world: World) -> bool:
    assert spot.node.relation is not None
    tuples = world.stats.tables[spot.node.relation].tuples
    return not spot.node.filter or _rows(spot) >= _FEW_OF * max(tuples, 1)


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
