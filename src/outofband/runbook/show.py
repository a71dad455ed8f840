"""Tell what is wanted and what would be done: as rows, as JSON, as a script for psql. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from outofband.catalog.standing import Standing
from outofband.model.action import Action, AwaitBuild, BuildIndex, RepairIndex, RunBackfill
from outofband.model.names import literal
from outofband.model.state import State
from outofband.model.statement import due_timeouts
from outofband.model.step import (
    AddEnumValue,
    DetachPartition,
    DropColumn,
    Reindex,
    SetNotNull,
    Step,
)
from outofband.runbook.amount import size
from outofband.runbook.duplicates.policy import Dedupe, Policy
from outofband.runbook.hazards import flag, hazards
from outofband.runbook.plan import Plan, PlannedStep
from outofband.runbook.show_backfill import entry as backfill_entry
from outofband.runbook.show_forecast import forecast_entries, forecast_lines

_NAMED = 3
_BUILDS = BuildIndex | RepairIndex


def document(
    standings: Iterable[Standing],
    incomplete: Iterable[str] = (),
    ages: Mapping[str, timedelta] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return the steps as ``--format json`` prints them (contract, States); ``ages`` are those of
    the revisions.
    """
    told = {"steps": [{**_entry(s), **_age(s, ages)} for s in standings]}
    unread = list(incomplete)
    return {**told, "incomplete_revisions": unread} if unread else told


def _age(standing: Standing, ages: Mapping[str, timedelta]) -> dict[str, int]:
    age = None if standing.done else ages.get(standing.revision)
    return {} if age is None else {"pending_days": age.days}


def _entry(standing: Standing) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": standing.step.name,
        "kind": standing.step.kind,
        "table": table_name(standing.step),
        "state": standing.state.value,
        "done": standing.done,
        "since_revision": standing.revision,
    }
    if told := about(standing.step):
        entry["about"] = told
    if standing.waits_for:
        entry["waits_for"] = list(standing.waits_for)
    if standing.sight.reason:
        entry["reason"] = standing.sight.reason
    if standing.sight.backfill:
        entry["progress"] = backfill_entry(standing.sight.backfill)
    return entry


def plan_document(
    plan: Plan, ages: Mapping[str, timedelta] = MappingProxyType({})
) -> dict[str, Any]:
    """Return the pending steps with what would be done for each."""
    return {
        "steps": [
            {
                **_entry(p.standing),
                **_age(p.standing, ages),
                "statements": [_sql(a) for a in p.actions if a.statement is not None],
                "heap_bytes": p.heap_bytes,
                **({"builds": forecast_entries(p.forecasts)} if p.forecasts else {}),
                **({"obstacle": p.obstacle} if p.obstacle else {}),
            }
            for p in plan.steps
        ],
        "hazards": [
            {"name": f.hazard.name, "tables": list(f.tables), "text": f.hazard.text}
            for f in hazards(plan)
        ],
    }


def plan_lines(plan: Plan, *, statements: bool = True, policy: Policy = Dedupe.REPORT) -> list[str]:
    """Return the plan as an operator reads it; without ``statements``, what and not how."""
    lines = []
    for number, planned in enumerate(plan.steps, start=1):
        lines += _step_lines(number, planned, statements)
    return lines + hazard_lines(plan, policy)


def hazard_lines(plan: Plan, policy: Policy = Dedupe.REPORT) -> list[str]:
    """Return what the plan does to everybody else, and what accepts it."""
    found = hazards(plan, policy)
    lines = [f"hazard {f.hazard.name} ({_named(f.tables)}): {f.hazard.text}" for f in found]
    return [*lines, f"accepted by name: {flag(found)}"] if found else []


def _named(tables: tuple[str, ...]) -> str:
    more = len(tables) - _NAMED
    return ", ".join(tables[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _step_lines(number: int, planned: PlannedStep, statements: bool) -> list[str]:
    step = planned.step
    lines = [f"{number:2}. {deed(planned)} {step.name} on {table_name(step)}{_size(planned)}"]
    if planned.standing.waits_for and statements:
        lines.append(f"    after {', '.join(planned.standing.waits_for)}")
    if planned.obstacle:
        lines.append(f"    not now: {planned.obstacle}")
    lines += [f"    {line}" for line in forecast_lines(planned.forecasts)]
    if statements:
        lines += [f"    {_sql(action)}" for action in planned.actions]
    return lines


def deed(planned: PlannedStep) -> str:
    """Return in words what is done: what is unwanted goes, whatever its step was to make."""
    kind = planned.step.kind
    if planned.standing.state is State.UNWANTED:
        kind = f"drop_unwanted_{kind.removeprefix('create_')}"
    return kind.replace("_", " ")


def _size(planned: PlannedStep) -> str:
    if not planned.heap_bytes:
        return ""
    rows = f", about {planned.row_estimate:,.0f} rows" if planned.row_estimate > 0 else ""
    return f" ({size(planned.heap_bytes)}{rows})"


def script(plan: Plan, server_version: int, where: str) -> str:
    """Return the plan as a script for psql; every statement under the timeouts that apply uses.

    What waits for duplicates or raised limits stops with the server's error; outofband adopts what
    was built by it, whole or in part.
    """
    lines = [_comment(f"outofband plan for {where}"), r"\set ON_ERROR_STOP on", ""]
    in_force: dict[str, str] = {}
    for planned in plan.steps:
        lines.append(_comment(f"step {planned.step.name} ({planned.standing.state.value})"))
        if planned.obstacle:
            lines.append(_comment(f"not now: {planned.obstacle}"))
        for action in planned.actions:
            lines += _tuning_lines(action, planned, in_force)
            lines += _script_lines(action, server_version, in_force)
        lines.append("")
    return "\n".join(lines)


def _tuning_lines(action: Action, planned: PlannedStep, in_force: dict[str, str]) -> list[str]:
    tuning = planned.tuning(action.index) if isinstance(action, _BUILDS) else None
    return _settings(dict(tuning.parameters), in_force) if tuning else []


def _settings(due: dict[str, str], in_force: dict[str, str]) -> list[str]:
    """Return the statements for what is due and not ``in_force`` yet; from then on it is."""
    changed = {name: value for name, value in due.items() if in_force.get(name) != value}
    in_force.update(changed)
    return [f"SET {name} = '{value}';" for name, value in changed.items()]


def _script_lines(action: Action, server_version: int, in_force: dict[str, str]) -> list[str]:
    """Return one statement after the timeouts it needs and that are not ``in_force`` yet."""
    sent = action.statement
    if sent is None:
        return [_comment(_sql(action))]
    due = dict(due_timeouts(sent, server_version))
    return [*_settings(due, in_force), f"{sent.sql};"]


def _comment(text: str) -> str:
    """Return a comment of one line, whatever a name in it holds."""
    return f"-- {' '.join(text.splitlines())}"


def _sql(action: Action) -> str:
    sent = action.statement
    if sent is not None:
        return sent.sql
    if isinstance(action, RunBackfill):
        return f"run {action.step.spec}, batch by batch"
    assert isinstance(action, AwaitBuild)
    return f"wait for the build of {action.index.name} that pid {action.pid} goes on with"


def about(step: Step) -> str:
    """Return what of its table a step is about, where its name and its kind do not say it."""
    match step:
        case DetachPartition(partition=partition):
            return f"partition {partition}"
        case DropColumn(column=column) | SetNotNull(column=column):
            return f"column {column}"
        case Reindex(index=index):
            return f"index {index}"
        case AddEnumValue(value=value):
            return f"value {literal(value).strip()}"
        case _:
            return ""


def table_name(step: Step) -> str:
    """Return the table's name as the revision gave it."""
    return str(step.table)


def summary(standings: Iterable[Standing]) -> str:
    """Return one sentence that counts."""
    listed = list(standings)
    pending = [s for s in listed if not s.done]
    unwanted = sum(s.state is State.UNWANTED for s in listed)
    told = f"{len(listed) - unwanted} wanted, {len(pending)} pending"
    return f"{told}, {unwanted} unwanted" if unwanted else told
