"""Try out every index of a plan: its expressions, and the rows it will have."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from outofband.catalog.facts import TableFacts
from outofband.model.action import BuildIndex
from outofband.model.index import Index
from outofband.runbook.hand import Prober
from outofband.runbook.plan import PlannedStep
from outofband.runbook.preflight.expressions import expressions, judge_verdict, read_verdict
from outofband.runbook.preflight.finding import Finding
from outofband.runbook.preflight.rows import try_rows
from outofband.runbook.preflight.server import Server
from outofband.runbook.provider import Provider
from outofband.runbook.world import View

SECONDS = 5.0
"""How long the rows of a whole plan are looked at before a person is asked."""


def try_indexes(
    prober: Prober,
    view: View,
    builds: Sequence[PlannedStep],
    server: Server,
    provider: Provider,
) -> tuple[list[Finding], frozenset[Index]]:
    """Return what is found, and the indexes whose rows were all looked at."""
    deadline = time.monotonic() + SECONDS
    found: list[Finding] = []
    tried: set[Index] = set()
    for planned in builds:
        pairs = tuple(_pairs(planned, view))
        wrong = [f for index, _ in pairs[:1] for f in _verdicts(prober, index, server, provider)]
        found += (replace(f, step=planned.step) for f in wrong)
        for index, table in () if wrong else pairs:
            left = max(0.001, deadline - time.monotonic())
            rows = try_rows(prober, index, table, server.version, seconds=left)
            if rows is not None:
                tried.add(index)
                found += (replace(f, step=planned.step) for f in rows)
        if not wrong and any(index not in tried for index, _ in pairs):
            found.append(_not_all(planned))
    return found, frozenset(tried)


def _pairs(planned: PlannedStep, view: View) -> Iterator[tuple[Index, TableFacts]]:
    """Yield the indexes to build, each with its table or partition."""
    whole = view.seen.table(planned.step.table)
    tables = {table.name: table for table in whole.tree()} if whole else {}
    for action in planned.actions:
        if isinstance(action, BuildIndex) and action.index.table in tables:
            yield action.index, tables[action.index.table]


def _verdicts(
    prober: Prober, index: Index, server: Server, provider: Provider
) -> Iterator[Finding]:
    """Judge the expressions once, also where every partition has them."""
    for text in expressions(index):
        verdict = read_verdict(prober, index.table, text, server.version)
        yield from judge_verdict(verdict, provider)


def _not_all(planned: PlannedStep) -> Finding:
    return Finding(
        f"the rows of {planned.step.table} were not all looked at within {SECONDS:.0f} s",
        "Nothing: apply looks at all of them before it builds",
        step=planned.step,
    )
