"""Steps on different tables at once: one lane a table, each lane in order, each worked on by one
session.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue

from outofband.catalog.facts import Observation, TableFacts
from outofband.runbook.apply import apply
from outofband.runbook.duplicates.policy import Dedupe, Policy
from outofband.runbook.ending import Ending
from outofband.runbook.plan import Plan
from outofband.runbook.preflight import Report
from outofband.runbook.world import World

Lane = tuple[int, ...]
_NOTHING_FOUND = Report()


def apply_beside(
    plan: Plan,
    seen: Observation,
    worlds: Sequence[World],
    dedupe: Policy = Dedupe.REPORT,
    report: Report = _NOTHING_FOUND,
) -> tuple[Ending, ...]:
    """Run the plan with as many sessions as there are worlds; tell how each step ended, in the
    order of the plan.

    The largest tables begin first, so that none is left for the end. Raises SessionLost when the
    server stays away, after the others have ended.
    """
    waiting: SimpleQueue[Lane] = SimpleQueue()
    for lane in sorted(lanes(plan, seen), key=lambda lane: -_bytes(plan, lane)):
        waiting.put(lane)
    endings: dict[int, Ending] = {}

    def work(world: World) -> None:
        while True:
            try:
                lane = waiting.get_nowait()
            except Empty:
                return
            steps = Plan(tuple(plan.steps[n] for n in lane))
            endings.update(zip(lane, apply(steps, world, dedupe, report), strict=True))

    with ThreadPoolExecutor(max_workers=len(worlds), thread_name_prefix="lane") as pool:
        runs = [pool.submit(work, world) for world in worlds]
    for run in runs:
        run.result()
    return tuple(endings[n] for n in range(len(plan.steps)))


def lanes(plan: Plan, seen: Observation) -> tuple[Lane, ...]:
    """Return the positions of the steps that have to follow each other: those on one table and its
    partitions, and those that wait for each other.
    """
    touched = [_oids(seen.table(planned.step.table)) for planned in plan.steps]
    joined: list[set[int]] = []
    for n, planned in enumerate(plan.steps):
        waits_for = planned.standing.waits_for
        earlier = ((m, plan.steps[m].step.name) for m in range(n))
        tied = {m for m, name in earlier if touched[m] & touched[n] or name in waits_for} | {n}
        apart = [lane for lane in joined if not lane & tied]
        joined = [*apart, tied.union(*(lane for lane in joined if lane & tied))]
    return tuple(tuple(sorted(lane)) for lane in sorted(joined, key=min))


def _oids(table: TableFacts | None) -> frozenset[int]:
    return frozenset(part.oid for part in table.tree()) if table else frozenset()


def _bytes(plan: Plan, lane: Iterable[int]) -> int:
    """What a lane has to read, as far as builds go: each step reads its table about once."""
    return sum(plan.steps[n].heap_bytes for n in lane)
