"""Look at everything that the catalog tells, once a run, and judge it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from outofband.catalog.facts import TableFacts
from outofband.model.action import BuildIndex
from outofband.model.index import Index
from outofband.model.names import QualifiedName
from outofband.model.step import CreateIndex
from outofband.runbook.conditions import lags
from outofband.runbook.duplicates.references import read_references
from outofband.runbook.hand import Prober
from outofband.runbook.plan import PlannedStep
from outofband.runbook.preflight.citus import judge_citus, read_group
from outofband.runbook.preflight.connections import judge_connections, read_connections
from outofband.runbook.preflight.constraints import try_constraints
from outofband.runbook.preflight.finding import Finding, Report
from outofband.runbook.preflight.indexes import try_indexes
from outofband.runbook.preflight.pooler import judge_pooler
from outofband.runbook.preflight.privileges import (
    judge_named_schemas,
    judge_rights,
    judge_row_rights,
    read_rights,
    touched,
)
from outofband.runbook.preflight.references import judge_references
from outofband.runbook.preflight.replication import (
    judge_lags,
    judge_slots,
    read_slots,
)
from outofband.runbook.preflight.room import judge_disk, judge_temp_files, needs, read_free
from outofband.runbook.preflight.schema import (
    judge_own_schema,
    judge_quarantine,
    read_own_schema,
)
from outofband.runbook.preflight.server import Server, judge_server, read_server
from outofband.runbook.preflight.tablespaces import judge_tablespaces, read_tablespaces
from outofband.runbook.preflight.transactions import (
    judge_open,
    judge_prepared,
    read_open,
    read_prepared,
)
from outofband.runbook.provider import Provider
from outofband.runbook.providers import read_provider
from outofband.runbook.temp_files import read_means
from outofband.runbook.world import View


def preflight(prober: Prober, view: View, *, dedupes: bool = False) -> Report:
    """Find what would stop the plan, or harm by it, before it starts. Reads only.

    ``dedupes`` tells that rows may be moved. Raises StatementFailed.
    """
    steps = [planned for planned in view.plan.steps if planned.actions]
    if not steps:
        return Report()
    server = read_server(prober)
    provider = read_provider(prober)
    builds = [p for p in steps if built(p)]
    findings = list(judge_server(server, builds=bool(builds)))
    findings += judge_pooler(prober.pid, server.pid, provider)
    findings += judge_citus(read_group(prober))
    tried: frozenset[Index] = frozenset()
    if not server.standby:
        findings += _of_steps(prober, view, steps, server, provider, dedupes=dedupes)
        findings += _of_builds(prober, view, builds, server, provider) if builds else ()
        if unique := [p for p in builds if _is_unique(p)]:
            own = read_own_schema(prober)
            findings += judge_own_schema(own, server, provider, needed=dedupes)
            findings += _of_quarantines(prober, view, unique, server, provider) if dedupes else ()
            findings += _of_references(prober, view, unique)
        stopped = {f.step for f in findings if f.stops}
        if None not in stopped:
            rest = [p for p in builds if p.step not in stopped]
            found, tried = try_indexes(prober, view, rest, server, provider)
            findings += found
            lasting = [p for p in steps if p.step not in stopped]
            findings += try_constraints(prober, view, lasting, server, provider)
    return Report(tuple(findings), tried, provider)


def built(planned: PlannedStep) -> tuple[QualifiedName, ...]:
    """Return the tables, or partitions, that a step builds an index on."""
    return tuple(a.index.table for a in planned.actions if isinstance(a, BuildIndex))


def _is_unique(planned: PlannedStep) -> bool:
    return isinstance(planned.step, CreateIndex) and planned.step.index.unique


def _of_steps(
    prober: Prober,
    view: View,
    steps: Sequence[PlannedStep],
    server: Server,
    provider: Provider,
    *,
    dedupes: bool,
) -> Iterator[Finding]:
    spaces = read_tablespaces(prober, steps)
    oids = {p.step: _touched(p, view) for p in steps}
    rights = read_rights(prober, sorted({oid for each in oids.values() for oid in each}))
    for planned in steps:
        yield from judge_tablespaces(planned, spaces, server, provider)
        if isinstance(planned.step, CreateIndex) and built(planned):
            named = judge_named_schemas(prober, planned.step.index, server, provider)
            yield from (replace(finding, step=planned.step) for finding in named)
        held = [rights[oid] for oid in oids[planned.step] if oid in rights]
        own: dict[str, Finding] = {}  # of a thousand partitions the same is told once
        for finding in [f for each in held for f in judge_rights(planned, each, server, provider)]:
            own.setdefault(finding.do, finding)
        yield from own.values()
        for each in held:
            if each.table in built(planned):
                yield from judge_row_rights(planned, each, server, provider, dedupes=dedupes)


def _touched(planned: PlannedStep, view: View) -> tuple[int, ...]:
    table = view.seen.table(planned.step.table)
    return tuple(part.oid for part in touched(planned, table)) if table else ()


def _of_quarantines(
    prober: Prober,
    view: View,
    builds: Sequence[PlannedStep],
    server: Server,
    provider: Provider,
) -> Iterator[Finding]:
    for planned in builds:
        if table := view.seen.table(planned.step.table):
            parts = [part for part in table.tree() if part.name in built(planned)]
            found = judge_quarantine(prober, parts, server, provider)
            yield from (replace(finding, step=planned.step) for finding in found)


def _of_references(prober: Prober, view: View, builds: Sequence[PlannedStep]) -> Iterator[Finding]:
    for planned in builds:
        if table := view.seen.table(planned.step.table):
            found = judge_references(table.name, read_references(prober, _oids(table)))
            yield from (replace(finding, step=planned.step) for finding in found)


def _of_builds(
    prober: Prober,
    view: View,
    builds: Sequence[PlannedStep],
    server: Server,
    provider: Provider,
) -> Iterator[Finding]:
    tables = sorted({oid for p in builds for oid in _oids(view.seen.table(p.step.table))})
    yield from judge_prepared(read_prepared(prober, tables))
    yield from judge_open(read_open(prober, tables), server.role)
    yield from judge_lags(lags(prober), server.role)
    wanted = [need for p in builds for need in needs(p)]
    yield from judge_slots(read_slots(prober), sum(need.wal_bytes for need in wanted))
    yield from judge_disk(wanted, read_free(prober), provider)
    means = read_means(prober)
    for planned in builds:
        yield from judge_temp_files(planned, means, provider)
    yield from judge_connections(read_connections(prober))


def _oids(table: TableFacts | None) -> tuple[int, ...]:
    return tuple(part.oid for part in table.tree()) if table else ()
