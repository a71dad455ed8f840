"""One step's turn in a run: from the plan that was shown to its ending."""

from __future__ import annotations

from outofband.catalog.facts import TableFacts
from outofband.model.action import (
    Action,
    BuildIndex,
    RebuildIndex,
    RemoveIndex,
    RepairIndex,
    Validate,
)
from outofband.model.state import State
from outofband.runbook.doing import Doing, left_by_build, touched
from outofband.runbook.duplicates.policy import Policy
from outofband.runbook.ending import End, Ending
from outofband.runbook.hand import SessionLost, StatementFailed
from outofband.runbook.losses import Losses
from outofband.runbook.plan import PlannedStep
from outofband.runbook.preflight import Report
from outofband.runbook.reaction import way_out
from outofband.runbook.setbacks import Setbacks
from outofband.runbook.stuck import Stuck
from outofband.runbook.table_lock import working_on
from outofband.runbook.waiting import GivenUp
from outofband.runbook.way import Way
from outofband.runbook.world import View, World

_LASTS = BuildIndex | RemoveIndex | RepairIndex | RebuildIndex | Validate


class Turn:
    """Looks, does the first action that is left, and looks again, until there is none."""

    def __init__(self, planned: PlannedStep, world: World, dedupe: Policy, report: Report) -> None:
        self._planned, self._world = planned, world
        self._doing = Doing(planned, world, dedupe, report)
        self._way = Way(planned.step.name, world)
        self._setbacks = Setbacks(world)
        self._losses = Losses(world.hand.reconnect, world.screen.say)

    def run(self) -> Ending:
        """Bring the step to an ending. Raises SessionLost when the server stays away."""
        while True:
            try:
                return self._try()
            except SessionLost as lost:
                self._losses.mend(lost)
            except GivenUp as given_up:
                return self._ending(End.WAITING, str(given_up))
            except StatementFailed as failed:
                if ending := self._after(failed):
                    return ending

    def _try(self) -> Ending:
        view, now = self._world.now(self._planned)
        table = view.seen.table(self._planned.step.table)
        if now is None:
            return self._over(view)
        # Whoever works on it may be another runner, who is waited for by his lock.
        elsewhere = now.standing.state is State.BUILDING_ELSEWHERE
        if table is None or (now.obstacle and not elsewhere):
            return self._ending(End.REFUSED, now.obstacle, way_out(now.standing.state))
        try:
            with working_on(table, self._world):
                return self._finish()
        except GivenUp as given_up:
            if not given_up.left_behind:
                raise
            return self._after_left_behind(given_up, table)

    def _after_left_behind(self, given_up: GivenUp, table: TableFacts) -> Ending:
        """Clear away the build of an earlier run that was given up; go on if it was another's."""
        with working_on(table, self._world):
            _, now = self._world.now(self._planned)
            if now is not None and left_by_build(now.actions):
                return self._give_up(given_up)
            return self._finish()

    def _finish(self) -> Ending:
        while True:
            if self._world.patient.stopped.is_set():
                return self._ending(End.WAITING, "cancelled by the operator")
            view, now = self._world.now(self._planned)
            table = view.seen.table(self._planned.step.table)
            if now is None:
                return self._over(view)
            if table is None or now.obstacle:
                return self._ending(End.REFUSED, now.obstacle, way_out(now.standing.state))
            if now.standing.waits_for:
                return self._ending(End.WAITING, f"waits for {', '.join(now.standing.waits_for)}")
            if not self._doing.begun and not _is_rest(self._planned.actions, now.actions):
                return self._stale(now)
            action = self._doing.first(now.actions)
            part = touched(action, table)
            lasts = isinstance(action, _LASTS)
            if lasts and part.workers:
                self._doing.let_finish(part.workers[0], part)
            elif self._waited_for_replicas(action) or self._way.was_awaited(action):
                continue
            elif (ending := self._not_at_this_hour(action)) or (ending := self._act(action, part)):
                return ending

    def _waited_for_replicas(self, action: Action) -> bool:
        """Wait for replicas before a build or a drop; tell whether that took long."""
        world = self._world
        return _is_unhurried(action) and world.conditions.await_replicas(
            world.hand, world.screen, world.patient
        )

    def _not_at_this_hour(self, action: Action) -> Ending | None:
        """End the step where it is too late to start; what only commits what is built is not."""
        if self._doing.begun and not _is_unhurried(action):
            return None
        why = self._world.conditions.not_now(action)
        return self._ending(End.WAITING, why) if why else None

    def _act(self, action: Action, table: TableFacts) -> Ending | None:
        """Do one action; an ending where the step cannot go on."""
        try:
            self._doing.do(action, table)
        except Stuck as stuck:
            return self._ending(End.FAILED, stuck.why, stuck.do, stuck.flags)
        except GivenUp as given_up:
            return self._give_up(given_up)
        except StatementFailed as failed:
            return self._after(failed, action)
        return None

    def _give_up(self, given_up: GivenUp) -> Ending:
        """End the step, and clear away what the build that was given up has left."""
        why = str(given_up)
        view, now = self._world.now(self._planned)
        if now is None:
            return self._over(view)
        if left := self._doing.clear_away(now.actions):
            why += f"; {left} is left, and the next run drops it"
        return self._ending(End.WAITING, why)

    def _after(self, failed: StatementFailed, action: Action | None = None) -> Ending | None:
        """Let the loop look again where that helps; an ending where it does not."""
        self._world.evidence.failed(failed)
        if self._world.patient.stopped.is_set():
            return self._give_up(GivenUp("cancelled by the operator"))
        if self._setbacks.is_tried_again(failed, action):
            return None
        return self._ending(End.FAILED, failed.what, failed.do)

    def _over(self, view: View) -> Ending:
        """End a step of which nothing is left to do: it is done or, of a coming revision, listed no
        more since what it is about is gone.
        """
        step, unwanted = self._planned.step, self._planned.standing.state is State.UNWANTED
        if unwanted or any(standing.step == step for standing in view.standings):
            return self._ending(End.DONE)
        gone = view.seen.table(step.table) is None
        why = f"{step.table} {'is' if gone else 'has what it is about'} no more"
        return self._ending(End.REFUSED, why, "Look at the new plan")

    def _stale(self, now: PlannedStep) -> Ending:
        state = now.standing.state.words
        why = f"the world has moved since the plan was shown: it is {state} now"
        return self._ending(End.REFUSED, why, "Look at the new plan")

    def _ending(self, end: End, why: str = "", do: str = "", flags: tuple[str, ...] = ()) -> Ending:
        return Ending(self._planned, end, why, do, flags, self._doing.acted)


def _is_rest(shown: tuple[Action, ...], now: tuple[Action, ...]) -> bool:
    """Tell whether what is left is what was shown, in its order, less what is done already."""
    rest = iter(shown)
    return all(action in rest for action in now)


def _is_unhurried(action: Action) -> bool:
    sent = action.statement
    return sent is not None and sent.unhurried
