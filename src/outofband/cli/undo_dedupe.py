"""Put rows that were moved for a step back, as far as they can go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import click

from outofband.catalog.observe import observe
from outofband.catalog.standing import Standing
from outofband.errors import Misuse, NothingChanged, OutofbandError, PartlyDone
from outofband.model.names import QualifiedName, quote
from outofband.model.state import State
from outofband.model.step import CreateIndex, DropIndex
from outofband.runbook.duplicates.undo import Held, Returned, held, put_back
from outofband.runbook.events import Outcome, StepName
from outofband.runbook.hand import Hand
from outofband.runbook.stuck import Stuck
from outofband.runbook.table_lock import working_on
from outofband.runbook.waiting import GivenUp
from outofband.runbook.world import World

_FREE = (State.ABSENT, State.DIFFERENT)
"""States in which no index of the step forbids the rows."""


_WHY = {
    "23502": "a column takes no NULL any more",
    "23503": "what they refer to is gone",
    "23505": "a row with their key is there",
    "23514": "a check forbids them",
    "23P01": "an exclusion constraint forbids them",
}


class NothingQuarantined(Misuse):
    """No step has that name, and no row was moved for one."""


class UndoRefused(NothingChanged):
    """The rows cannot go back as the database is now."""


class RowsLeft(PartlyDone):
    """Some rows could not go back."""

    default_state = "What did not go back stays in quarantine"


def undo(
    world: World, name: str, begin: Callable[[Sequence[StepName]], None]
) -> list[tuple[StepName, Outcome]]:
    """Put back what was moved for the step ``name``, when ``begin`` returns, which is told of what
    is to be done; return how each of it ended. Raises NothingQuarantined, UndoRefused and RowsLeft.
    """
    hand, screen = world.hand, world.screen
    view = world.look()
    steps = [s for s in view.standings if s.step.name == name]
    tables = [t.oid for s in steps if (t := view.seen.table(s.step.table)) is not None]
    found = held(hand, name, tables)
    if not found:
        if not steps:
            raise NothingQuarantined(
                f"no step is called {name!r}", do="Run outofband status for the names"
            )
        screen.say(f"No rows of {name} are in quarantine.")
        return []
    for there in found:
        _require_free(hand, there, name, steps)
        screen.say(f"rows to put back from {there.place} into {there.source}: {there.rows:,}")
    state, revision = next(((s.state.value, s.revision) for s in steps), ("absent", ""))
    named = [StepName(name, "undo_dedupe", str(there.source), revision) for there in found]
    begin(named)
    returned = [
        _recorded(world, there, step, state) for step, there in zip(named, found, strict=True)
    ]
    _report(returned, found)
    return [(step, _outcome(done)) for step, done in zip(named, returned, strict=True)]


def _recorded(world: World, there: Held, step: StepName, state: str) -> Returned:
    evidence = world.evidence
    evidence.begin(step, state, world.hand)
    try:
        returned = _put_back(world, there, step.step)
    except OutofbandError as error:
        evidence.end(Outcome("failed", error.why or error.what, error.do), world.hand)
        raise
    evidence.end(_outcome(returned), world.hand)
    return returned


def _outcome(returned: Returned) -> Outcome:
    if not returned.left:
        return Outcome("done")
    left = returned.left.total()
    told = f"{left:,} of {returned.rows + left:,} rows did not go back"
    return Outcome("failed", f"{told}: {_reasons(returned.left)}")


def _require_free(hand: Hand, there: Held, name: str, steps: Sequence[Standing]) -> None:
    """Refuse while the index that the rows stood in the way of is there, or their table is not."""
    if there.source is None:
        raise UndoRefused(
            f"the rows in {there.place} cannot go back", why="the table they come from is gone"
        )
    for standing in steps:
        if not isinstance(standing.step, CreateIndex) or standing.state in _FREE:
            continue
        index = standing.sight.index
        if index is None:
            do = "Run this again when that is over"
        elif index.constraint:
            do = f"ALTER TABLE {there.source} DROP CONSTRAINT {quote(index.constraint)};"
        else:
            do = f"DROP INDEX CONCURRENTLY {index.name};"
        state = standing.state.words
        raise UndoRefused(
            f"the rows of {name} cannot go back", why=f"its unique index is {state}", do=do
        )
    index_name = QualifiedName(name, there.source.schema)
    taken = "SELECT WHERE to_regclass(%(name)s) IS NOT NULL"
    if not steps and hand.rows(taken, {"name": str(index_name)}):
        raise UndoRefused(
            f"the rows of {name} cannot go back",
            why=f"there is an index {index_name}",
            do=f"DROP INDEX CONCURRENTLY {index_name};",
        )


def _put_back(world: World, there: Held, name: str) -> Returned:
    assert there.source is not None
    table = observe(world.hand, [DropIndex(name, there.source)]).table(there.source)
    assert table is not None
    what = f"rows put back from {there.place} into {there.source}"
    try:
        with working_on(table, world), world.screen.counting(what, there.rows) as moved:
            return put_back(world, there, table, name, moved)
    except GivenUp as given_up:
        raise RowsLeft(f"putting back the rows of {name} was {given_up.why}") from None
    except Stuck as stuck:
        raise UndoRefused(
            f"the rows of {name} cannot go back", why=stuck.why, do=stuck.do
        ) from None


def _report(returned: Sequence[Returned], found: Sequence[Held]) -> None:
    for done, there in zip(returned, found, strict=True):
        click.echo(f"rows put back into {there.source}: {done.rows:,}", err=True)
    left = sum((done.left for done in returned), Counter[str]())
    if left:
        raise RowsLeft(
            f"{left.total():,} of {sum(there.rows for there in found):,} rows did not go back",
            why=_reasons(left),
            do="Compare them with the rows that are there now",
        )


def _reasons(left: Counter[str]) -> str:
    return ", ".join(f"{n:,} since {_WHY.get(code, code)}" for code, n in sorted(left.items()))
