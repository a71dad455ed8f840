"""Will every row satisfy a constraint, may the role add it, is there an index for a foreign key?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from outofband.catalog.facts import KeyFacts, TableFacts
from outofband.catalog.reader import Reader
from outofband.catalog.reader import query as catalog_query
from outofband.catalog.sight import Sight
from outofband.model.action import Validate
from outofband.model.index import Key
from outofband.model.names import quote
from outofband.model.sqlstates import INSUFFICIENT_PRIVILEGE
from outofband.model.step import AddForeignKey, CreateIndex, RowConstraint, Step
from outofband.runbook.hand import Prober, StatementFailed
from outofband.runbook.plan import PlannedStep
from outofband.runbook.preflight.finding import Finding
from outofband.runbook.preflight.indexes import SECONDS
from outofband.runbook.preflight.server import Server
from outofband.runbook.provider import Provider
from outofband.runbook.violations import Violations, count, remedy
from outofband.runbook.world import View


def try_constraints(
    prober: Prober, view: View, steps: Sequence[PlannedStep], server: Server, provider: Provider
) -> Iterator[Finding]:
    """Look for what a validation would fail on after it has read everything before it, for a few
    seconds over all steps, and at what an operator wants to know of a foreign key.
    """
    deadline = time.monotonic() + SECONDS
    for planned in steps:
        step, table = planned.step, view.seen.table(planned.step.table)
        if not isinstance(step, RowConstraint) or table is None:
            continue
        found = list(_of_reference(prober, view, planned, table, server, provider))
        if not any(f.stops for f in found) and _validates(planned):
            left = max(0.001, deadline - time.monotonic())
            found += _of_rows(prober, step, planned.standing.sight, table, left)
        yield from (replace(f, step=step) for f in found)


def _validates(planned: PlannedStep) -> bool:
    return any(isinstance(action, Validate) for action in planned.actions)


def _of_rows(
    prober: Prober, step: RowConstraint, sight: Sight, table: TableFacts, seconds: float
) -> Iterator[Finding]:
    try:
        found = count(prober, step, sight, table, seconds=seconds)
    except StatementFailed as failed:
        if failed.sqlstate != INSUFFICIENT_PRIVILEGE:
            raise
        what = f"whether rows of {table.name} violate it is not known: {failed.what}"
        yield Finding(what, "Grant SELECT to this role to be told before")
        return
    yield from judge_violations(step, table, found)


def judge_violations(
    step: RowConstraint, table: TableFacts, found: Violations
) -> Iterator[Finding]:
    """Refuse a validation that would fail; of a table too large to be looked at, say so."""
    if found.rows is None:
        yield Finding(
            f"the rows of {table.name} were not all looked at within {SECONDS:.0f} s",
            f"To look before the validation does: {found.query};",
        )
    elif found.rows:
        yield Finding(found.told, remedy(step, found.query), stops=True)


def _of_reference(
    reader: Reader,
    view: View,
    planned: PlannedStep,
    table: TableFacts,
    server: Server,
    provider: Provider,
) -> Iterator[Finding]:
    step, shown = planned.step, planned.standing.sight.constraint
    referent = shown.referent if shown else None
    if not isinstance(step, AddForeignKey) or referent is None:
        return
    asked = {"table": referent.oid, "columns": [*step.referred]}
    (row,) = reader.rows(catalog_query("may_reference"), asked)
    if not row["may_reference"]:
        yield Finding(
            f"role {server.role} may not refer to {referent.name}",
            f"Let {row['owner']} or {provider.administrator} run "
            f"GRANT REFERENCES ON {referent.name} TO {quote(server.role)};",
            stops=True,
        )
    if not any(_will_find(step, standing.step) for standing in view.standings):
        yield from judge_index(step, table, referent)


def judge_index(step: AddForeignKey, table: TableFacts, referent: TableFacts) -> Iterator[Finding]:
    """Note where no index finds the rows that refer to one: each delete of what is referred to, and
    each update of its key, then reads the table (PostgreSQL 18, Constraints, Foreign Keys).
    """
    for leaf in (part for part in table.tree() if not part.partitioned and not part.foreign):
        if not any(_finds(step, leaf)):
            columns = ", ".join(step.columns)
            yield Finding(
                f"no index of {leaf.name} begins with {columns}: each DELETE from {referent.name}, "
                f"and each UPDATE of {', '.join(step.referred)} there, reads all of it",
                f"Declare one with op.create_index_out_of_band on {step.table}",
            )
            return


def _finds(step: AddForeignKey, table: TableFacts) -> Iterator[bool]:
    for index in table.indexes:
        yield index.valid and not index.predicate and _leads(index.keys, step.columns)


def _will_find(step: AddForeignKey, other: Step) -> bool:
    """Tell whether a step declares the index that finds the rows that refer to one."""
    if not isinstance(other, CreateIndex) or other.table != step.table:
        return False
    return other.index.where is None and _leads(other.index.keys, step.columns)


def _leads(keys: Sequence[Key] | Sequence[KeyFacts], columns: Sequence[str]) -> bool:
    return {key.column for key in keys[: len(columns)]} == set(columns)
