"""Run one declared step in the deploy: look, decide, and do only what is quick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from outofband.catalog.classify import classify, resolved
from outofband.catalog.observe import observe
from outofband.catalog.sight import Sight
from outofband.catalog.standing import standings
from outofband.deploy import afterwards, decide, pending
from outofband.deploy.connection import DeployConnection, sqlstate
from outofband.deploy.decision import Afterwards, Decision, Defer, Inline, Nothing, Refuse
from outofband.deploy.refusal import DeployRefused
from outofband.deploy.size import is_small
from outofband.model.state import State
from outofband.model.step import (
    AddCheck,
    AddEnumValue,
    AddForeignKey,
    Backfill,
    CreateIndex,
    DetachPartition,
    Drop,
    DropColumn,
    DropIndex,
    DropTable,
    RefreshView,
    Reindex,
    SetNotNull,
    Step,
    Wanted,
    WantedStep,
    in_words,
)
from outofband.settings import Settings

# Below deadlock_timeout's default of 1 s: in a circle with the application it is we who give way,
# since what is not done inline is only deferred.
_INLINE_LOCK_TIMEOUT = timedelta(milliseconds=500)

_IN_WORDS = {
    "55P03": "a lock was not free within lock_timeout",
    "23502": "a row has NULL in the column",
    "23503": "a row refers to one that is not there",
    "23505": "the table has duplicate rows",
    "23514": "a row does not satisfy it",
    "40P01": "it was the victim of a deadlock",
    "42501": "the role lacks a privilege",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a step in the deploy; ``reason`` says why it was left, and is empty when it
    was not. ``adopted``: it was there already, on a large table, built ahead or by hand.
    """

    step: Step
    reason: str = ""
    adopted: bool = False

    @property
    def line(self) -> str:
        """One line for the operator; empty when there is nothing to say."""
        what = in_words(self.step)
        if self.adopted:
            return f"adopted {what}: it is there, valid and as declared"
        return f"deferred {what}: {self.reason}" if self.reason else ""


def upgrade(
    connection: Connection,
    step: Step,
    *,
    settings: Settings,
    earlier: Callable[[], Wanted],
    finally_wanted: Callable[[], Wanted] = Wanted,
) -> Outcome:
    """Do a step declared in ``upgrade()`` if that cannot hurt, else leave it to the runbook.

    ``earlier`` tells what is wanted before it, ``finally_wanted`` what is once the upgrade has
    arrived; both are asked only where that may matter. Raises DeployRefused when ``on_large =
    "refuse"`` and the table is large.
    """
    hand = DeployConnection(connection)
    seen = observe(hand, [step])
    table = seen.table(step.table)
    if table is None:
        what = "enum" if isinstance(step, AddEnumValue) else "table"
        gone = isinstance(step, DropTable)
        return Outcome(step, "" if gone else f"there is no {what} {step.table}")
    sight = classify(step, seen)
    if sight.state is State.VALID_OTHER_NAME:
        # Equal, but perhaps because another revision wants it under that name.
        sight = classify(step, seen, earlier().declared_names)
    is_pending_build = isinstance(step, CreateIndex) and sight.state is State.ABSENT
    if is_pending_build and table.heap_bytes and _is_done_later(hand, step, finally_wanted()):
        return Outcome(step)
    if sight.index is not None and table.heap_bytes and _is_replaced(hand, step, finally_wanted):
        return Outcome(step)
    waits_for = _waits_for(hand, step, earlier()) if _may_wait(step, sight) else ()
    exact = resolved(step, table)
    decision = decide.on_upgrade(exact, sight, table, settings, waits_for)
    outcome = _carry_out(connection, exact, decision, settings)
    if outcome.reason:
        pending.note(connection, step)
    is_adopted = sight.state is State.VALID and isinstance(decision, Nothing)
    return replace(outcome, adopted=is_adopted and not is_small(table, settings))


def downgrade(connection: Connection, step: Step, *, settings: Settings) -> Outcome:
    """Do a step declared in ``downgrade()`` on a small table; elsewhere leave the object, which is
    then unwanted.
    """
    seen = observe(DeployConnection(connection), [step])
    table = seen.table(step.table)
    if table is None or isinstance(step, Backfill):
        return Outcome(step)
    settings = replace(settings, on_large="defer")
    exact = resolved(step, table)
    decision = decide.on_downgrade(exact, classify(step, seen), table, settings)
    takes_away = isinstance(step, DropIndex | DetachPartition | Drop)
    if takes_away and isinstance(decision, Defer):
        return Outcome(step, f"left in place: {decision.reason}")
    return _carry_out(connection, exact, decision, settings)


def _is_done_later(hand: DeployConnection, step: Step, wanted: Wanted) -> bool:
    """Tell whether a later step of this upgrade makes the build pointless: what takes the index, or
    what drops it, is done already.
    """
    standing = standings(wanted, observe(hand, [w.step for w in wanted.steps]))
    return any(s.done for s in standing if s.step == step)


def _is_replaced(hand: DeployConnection, step: Step, finally_wanted: Callable[[], Wanted]) -> bool:
    """Tell whether what a drop finds is what comes under the same name, built ahead."""
    if not isinstance(step, DropIndex):
        return False
    wanted = finally_wanted()
    standing = standings(wanted, observe(hand, [w.step for w in wanted.steps]))
    successors = (s.step for s in standing if s.done and isinstance(s.step, CreateIndex))
    return any((s.name, s.table) == (step.name, step.table) for s in successors if s.replaces)


def _may_wait(step: Step, sight: Sight) -> bool:
    match step:
        case DropIndex():
            return sight.index is not None
        case DetachPartition() | DropTable() | DropColumn():
            return sight.state is not State.ABSENT
        case AddForeignKey():
            return sight.state is not State.VALID
        case Reindex(after=after) | RefreshView(after=after):
            return sight.state is not State.FINISHED and bool(after)
        case CreateIndex(after=after) | AddCheck(after=after) | SetNotNull(after=after):
            return sight.state is not State.VALID and bool(after)
        case _:
            return False


def _waits_for(hand: DeployConnection, step: Step, earlier: Wanted) -> tuple[str, ...]:
    wanted = replace(earlier, steps=(*earlier.steps, WantedStep(step, revision="")), unapplied=())
    return standings(wanted, observe(hand, [w.step for w in wanted.steps]))[-1].waits_for


def _carry_out(
    connection: Connection, step: Step, decision: Decision, settings: Settings
) -> Outcome:
    match decision:
        case Nothing():
            return Outcome(step)
        case Inline(statements, rest):
            why = _inline(DeployConnection(connection), statements, settings)
            return Outcome(step, why or rest)
        case Defer(reason, first):
            failed = _inline(DeployConnection(connection), first, settings) if first else ""
            still = "; it stays NOT NULL, so that rows without it are refused, since"
            return Outcome(step, f"{reason}{still} {failed}" if failed else reason)
        case Afterwards():
            return Outcome(step, afterwards.promised(connection))
        case Refuse(reason):
            raise DeployRefused(
                f"{step.kind} {step.name} is not done in a deploy",
                why=f"{reason}, and on_large is refuse",
                do=f"Run outofband apply --to head --only {step.name}, then upgrade again",
                state="This upgrade's transaction is rolled back",
            )


def _inline(hand: DeployConnection, statements: tuple[str, ...], settings: Settings) -> str:
    """Run statements under one savepoint; return why they were rolled back, empty when they were
    not.
    """
    try:
        with hand.briefly(min(settings.lock_timeout, _INLINE_LOCK_TIMEOUT)):
            for statement in statements:
                hand.execute(statement)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        code = sqlstate(error)
        return f"{_IN_WORDS.get(code, 'Postgres refused it')} ({code})"
    return ""
