"""What an upgrade does about a foreign key, a check or a NOT NULL. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from outofband.catalog.constraining import constrain
from outofband.catalog.constraint_facts import NOT_NULL_IS_A_CONSTRAINT
from outofband.catalog.facts import TableFacts
from outofband.catalog.sight import Sight
from outofband.deploy.decision import Afterwards, Decision, Defer, Inline, Nothing, Refuse, waiting
from outofband.deploy.size import is_small, over
from outofband.model.action import Action, Validate
from outofband.model.state import State
from outofband.model.step import RowConstraint, SetNotNull
from outofband.settings import Settings


def on_upgrade(
    step: RowConstraint,
    sight: Sight,
    table: TableFacts,
    settings: Settings,
    waits_for: tuple[str, ...],
) -> Decision:
    """On a large table, do what takes milliseconds and leave the look at its rows."""
    if sight.state is State.VALID:
        return Nothing()
    if waits_for:
        return waiting(waits_for)
    if stuck := _obstacle(step, sight, table):
        return Defer(stuck)
    if is_small(table, settings):
        return Inline(_at_once(step, sight, table))
    size = over(table, settings)
    if settings.on_large == "refuse":
        return Refuse(size)
    if settings.on_large == "build" and not table.partitioned:
        return Afterwards()
    brief = _brief(step, sight, table)
    rest = f"new rows satisfy it; {size}, and its rows are still to be validated"
    if not brief.statements:
        return Defer(rest if sight.state is State.NOT_VALID else size)
    return Inline(brief.statements, rest if brief.validated else "")


@dataclass(frozen=True, slots=True)
class _Brief:
    """What takes milliseconds whatever the table's size, and whether rows are to be ``validated``
    after it.
    """

    statements: tuple[str, ...]
    validated: bool


def _at_once(step: RowConstraint, sight: Sight, table: TableFacts) -> tuple[str, ...]:
    """Return what does a step on a small table, where looking at every row takes no time."""
    if sight.state is State.ABSENT:
        version = sight.constraint.known.server_version if sight.constraint else 0
        if isinstance(step, SetNotNull) and version < NOT_NULL_IS_A_CONSTRAINT:
            return (step.column_sql,)
        return (step.plain_sql,)
    return _sql(constrain(step, sight, table)[0])


def _brief(step: RowConstraint, sight: Sight, table: TableFacts) -> _Brief:
    """Return what an upgrade does on a large table: the constraint for new rows.

    Not where that locks one partition after the other, each of which may have to be waited for.
    """
    actions, _ = constrain(step, sight, table)
    first = takewhile(lambda action: not isinstance(action, Validate), actions)
    validated = any(isinstance(action, Validate) for action in actions)
    return _Brief(() if table.partitioned else _sql(tuple(first)), validated or table.partitioned)


def _obstacle(step: RowConstraint, sight: Sight, table: TableFacts) -> str:
    """Return why nothing can be done now; empty where something can.

    Whoever builds an index on a table has a lock that a new constraint would wait for.
    """
    _, stuck = constrain(step, sight, table)
    if stuck:
        return stuck
    referent = sight.constraint.referent if sight.constraint else None
    for side in (table, *([referent] if referent else [])):
        for part in side.tree():
            for worker in part.workers[:1]:
                who = worker.application_name or "an unnamed application"
                return f"pid {worker.pid} ({who}) works on {part.name}"
    return ""


def _sql(actions: tuple[Action, ...]) -> tuple[str, ...]:
    return tuple(sent.sql for action in actions if (sent := action.statement) is not None)
