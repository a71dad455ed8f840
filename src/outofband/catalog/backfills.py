"""Where a backfill stands, by what is kept of it and what the data says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from outofband.catalog.facts import BackfillFacts, Observation, TableFacts
from outofband.catalog.reader import Reader, Row, query
from outofband.catalog.sight import Sight
from outofband.model.names import QualifiedName
from outofband.model.progress import Progress
from outofband.model.state import State
from outofband.model.step import Backfill, Step


@dataclass(frozen=True, slots=True)
class Answer:
    """What the data says: the progress, as far as it is seen from here, and the ``places`` that may
    hold more.
    """

    progress: Progress
    places: tuple[str, ...] = ()


Truth = Callable[[Backfill], Answer | str | None]
"""Asks the data how far a backfill is: its answer, in words why it cannot be known, or None where
it was not asked or takes too long to answer.
"""

_STATUS = {"paused": State.PAUSED, "cancelled": State.CANCELLED}


def kept(
    reader: Reader, steps: Iterable[Step], tables: Mapping[QualifiedName, TableFacts]
) -> dict[QualifiedName, BackfillFacts]:
    """Read what is kept of the backfills among the steps; nothing where there is none, or where the
    engine has never run.
    """
    asked = {
        (step.name, tables[step.table].name.schema or ""): step.table.renamed(step.name)
        for step in steps
        if isinstance(step, Backfill) and step.table in tables
    }
    if not asked or not reader.rows(query("backfill_there"))[0]["has_table"]:
        return {}
    given = {"names": [name for name, _ in asked], "schemas": [schema for _, schema in asked]}
    rows = ((row, (row["name"], row["schema"])) for row in reader.rows(query("backfills"), given))
    return {asked[key]: _facts(row) for row, key in rows if key in asked}


def _facts(row: Row) -> BackfillFacts:
    told: dict[str, Any] = dict(row)
    for name in ("name", "schema"):
        del told[name]
    done, total, unit = (told.pop(name) for name in ("done", "total", "unit"))
    told["progress"] = None if total is None else Progress(done, total, unit)
    for name in ("reason", "waits"):
        told[name] = told[name] or ""
    for name in ("listed", "awaited"):
        told[name] = tuple(told[name])
    return BackfillFacts(**told, begun=True)


def not_asked(_: Backfill) -> None:
    """Leave the data alone."""
    return


def told(seen: Observation, steps: Iterable[Step], truth: Truth) -> Observation:
    """Add what the data says of the backfills about which there is no verdict yet."""
    asked = dict(seen.backfills)
    for step in steps:
        if isinstance(step, Backfill) and step.table in seen.tables:
            name = step.table.renamed(step.name)
            facts = asked.get(name, BackfillFacts())
            if not facts.finished and not _is_empty(step, seen.tables[step.table], facts):
                asked[name] = _with(facts, truth(step))
    return replace(seen, backfills=asked)


def _with(facts: BackfillFacts, answer: Answer | str | None) -> BackfillFacts:
    if isinstance(answer, Answer):
        return replace(facts, truth=answer.progress, places=answer.places)
    return replace(facts, truth=answer)


def backfill_sight(step: Backfill, seen: Observation) -> Sight:
    """Tell the state of a backfill. What the data says counts before what is kept, except that a
    verdict is not asked for again.
    """
    table = seen.table(step.table)
    if table is None:
        return Sight(State.ABSENT, reason=f"there is no table {step.table}")
    facts = seen.backfills.get(step.table.renamed(step.name), BackfillFacts())
    state, reason = _state(step, table, facts)
    return Sight(state, reason=reason, backfill=facts)


def _state(step: Backfill, table: TableFacts, facts: BackfillFacts) -> tuple[State, str]:
    if facts.finished:
        return State.FINISHED, _given_up(facts)
    if _is_empty(step, table, facts):
        return State.FINISHED, "the table is empty"
    done = isinstance(facts.truth, Progress) and facts.truth.finished
    if done and not facts.in_work and not facts.unheard:
        return State.FINISHED, "nothing is left to do"
    unknown = facts.truth if isinstance(facts.truth, str) else _unknown(facts)
    if facts.status in _STATUS:
        return _STATUS[facts.status], unknown
    if facts.running:
        return State.RUNNING, facts.waits and f"waits: {facts.waits}"
    if not facts.begun:
        return State.ABSENT, unknown
    if (facts.quarantined or facts.left_out) and not facts.open:
        return State.QUARANTINED, _aside(facts)
    return State.UNFINISHED, unknown


def _is_empty(step: Backfill, table: TableFacts, facts: BackfillFacts) -> bool:
    return not (facts.begun or table.heap_bytes or step.from_elsewhere)


def _unknown(facts: BackfillFacts) -> str:
    unheard = ", ".join(facts.unheard)
    told = unheard and f"hosts that have not listed what they hold: {unheard}"
    return "; ".join(part for part in (told, _given_up(facts)) if part)


def _given_up(facts: BackfillFacts) -> str:
    return f"given up: {facts.abandoned:,}" if facts.abandoned else ""


def _aside(facts: BackfillFacts) -> str:
    aside = f"{facts.quarantined:,} units and {facts.left_out:,} rows"
    return f"in quarantine are {aside}" + (f": {facts.reason}" if facts.reason else "")
