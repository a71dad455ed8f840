"""The loop of a run: list the units, do one after the other, and ask the data if that was all."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from outofband.backfill.desk import Desk
from outofband.backfill.guard import described
from outofband.backfill.heart import Heart
from outofband.backfill.job import Job
from outofband.backfill.look import Look
from outofband.backfill.outcome import Outcome, Verdict
from outofband.backfill.pace import Pace, Wait, borne, rest
from outofband.backfill.spec import Unit
from outofband.backfill.state import Claim, Left, State
from outofband.backfill.telling import Tally, Teller
from outofband.backfill.truth import conclude, expected, listed
from outofband.backfill.work import Step, Work
from outofband.model.progress import Progress
from outofband.runbook.rate import duration

_POLL_SECONDS = 0.5
_AGAIN_SECONDS = 60.0
_RESUME = "Run outofband backfill resume {name} when it may go on"


class Over(Exception):
    """The run ends in the middle, with an ``outcome``."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.why)
        self.outcome = outcome


class Walk:
    """One run, as long as its session lasts."""

    def __init__(self, job: Job, state: State, desk: Desk, heart: Heart, teller: Teller) -> None:
        self._job, self._state, self._desk = job, state, desk
        self._heart, self._teller = heart, teller
        self._look = Look(desk, job.table_oid)
        self._pace = Pace(job.spec.limits)
        self._acted = self._walked = self._waited = self._bound = False
        self._borne = ""
        self._tally = Tally(desk, job.spec, state, teller)

    def run(self) -> Outcome:
        """Run until it is finished, or cannot go on."""
        try:
            self._heed(self._state.status())
            self._settle()
            before = self._tally.ask()
            places = expected(self._desk, self._job.spec)
            self._state.expect(places)
            self._bound = bool(places)
            if before is None or not before.finished or self._state.left().unheard:
                self._list()
            while True:
                self._walked = self._units() or self._walked
                self._settle()
                before = self._conclude(before)
        except Over as over:
            return replace(over.outcome, acted=self._acted)

    def _list(self) -> int:
        units = listed(self._desk, self._job.spec)
        added = self._state.announce(units)
        if self._bound or any(unit.place for unit in units):
            self._state.heard()
        return added

    def _units(self) -> bool:
        """Do what can be claimed, one unit after the other; tell whether anything was."""
        did = False
        while claim := self._state.claim():
            self._heart.hold(self._state, claim)
            self._do(claim)
            self._heart.let_go()
            did = True
        return did

    def _do(self, claim: Claim) -> None:
        work = Work.on(self._job.spec, self._state, self._desk, claim)
        if work.is_deadly():
            self._teller.say(f"{claim.unit.key} is in quarantine: {work.why}")
            return
        while True:
            self._await_go(work)
            began = time.monotonic()
            step = work.step()
            if step is Step.ON or step is Step.DONE:
                self._after(work, step, time.monotonic() - began)
            if step is Step.DONE:
                self._settle_one(claim.unit)
            if step is not Step.ON:
                self._tell_of(step, work)
                return

    def _after(self, work: Work, step: Step, seconds: float) -> None:
        self._acted = True
        if work.last is not None:
            self._tally.count(work.last)
        if step is Step.ON and work.status != "active":
            self._state.release(work.claim)
        self._heed(work.status)
        self._job.stopped.wait(rest(self._look.cpu(), self._job.spec.limits, seconds))

    def _await_go(self, work: Work) -> None:
        """Wait until nothing speaks against the next batch; a lock that was met counts once."""
        began, said_at, said, locked = time.monotonic(), 0.0, "", work.locked
        while True:
            self._require_time(work)
            signals = self._look.signals(locked)
            self._tell_once(borne(signals, self._job.spec.limits))
            decision, self._pace = self._pace.next(signals)
            if not isinstance(decision, Wait):
                if said:
                    self._tally.waits("")
                return
            locked, now = 0, time.monotonic()
            if decision.why != said or now - said_at >= _AGAIN_SECONDS:
                said, said_at = decision.why, now
                self._tally.waits(said)
                self._teller.say(f"{self._job.name.name} waits: {said}")
            self._bear(work, decision, now - began)
            self._job.stopped.wait(decision.seconds)
            self._heed_while_waiting(work)

    def _tell_once(self, why: str) -> None:
        if why and why != self._borne:
            self._borne = why
            self._teller.say(f"{self._job.name.name} {why}")

    def _require_time(self, work: Work) -> None:
        why = "stopped by the operator" if self._job.stopped.is_set() else self._job.not_now()
        if why:
            self._state.release(work.claim)
            raise Over(Outcome(Verdict.STOPPED, why))

    def _bear(self, work: Work, decision: Wait, waited: float) -> None:
        most = self._job.max_wait
        if most is not None and waited >= most:
            self._state.release(work.claim)
            why = f"{decision.why}, for {duration(waited)} already"
            raise Over(Outcome(Verdict.STOPPED, why))

    def _heed_while_waiting(self, work: Work) -> None:
        status = self._state.status()
        if status != "active":
            self._state.release(work.claim)
        self._heed(status)

    def _heed(self, status: str) -> None:
        """End the run where the operator wants that. Raises Over."""
        do = _RESUME.format(name=self._job.name.name)
        if status == "paused":
            raise Over(Outcome(Verdict.PAUSED, "it is paused", do))
        if status == "cancelled":
            raise Over(Outcome(Verdict.CANCELLED, "it is cancelled", do))

    def _tell_of(self, step: Step, work: Work) -> None:
        key = work.claim.unit.key
        match step:
            case Step.QUARANTINED:
                self._teller.say(f"{key} is in quarantine: {work.why}")
            case Step.FAILED:
                self._teller.say(f"{key} failed, and is tried again: {work.why}")
            case Step.LOST:
                self._state.release(work.claim)  # of what was cancelled; of another's it is nothing
                self._heed(self._state.status())
                self._teller.say(f"{key} is in other hands by now; what was begun is rolled back")

    def _settle(self) -> None:
        for unit in self._state.unsettled():
            self._settle_one(unit)

    def _settle_one(self, unit: Unit) -> None:
        try:
            self._job.spec.settle(unit)
        except Exception as error:  # the application's code; the next run tries it again
            self._teller.say(f"{unit.key} is done, and not settled: {described(error)}")
        else:
            self._state.settled(unit)

    def _conclude(self, before: Progress | None) -> Progress | None:
        """Finish where the data says so, or find something to go on with. Raises Over."""
        left = self._state.left()
        self._heed(left.status)
        if left.here:
            self._wait(f"{left.here:,} units are in other hands, or failed and are tried again")
            return before
        found = conclude(self._desk, self._job.spec, self._state)
        progress = found.progress
        if found.finished:
            self._teller.show(progress)
            raise Over(Outcome(Verdict.FINISHED))
        if left.open:
            why = f"what is left is bound to other hosts: {left.open:,} units"
            raise Over(Outcome(Verdict.ELSEWHERE, why, "Run it there"))
        if found.complete:
            if left.unheard:
                raise Over(self._unheard(left.unheard))
            self._wait("what is left is being concluded by another runner")
            return before
        if self._list():
            return None
        self._again(left, before, progress)
        return progress

    def _unheard(self, places: Sequence[str]) -> Outcome:
        """Tell of hosts of which nobody knows what they hold."""
        why = f"hosts that have not listed what they hold: {', '.join(places)}"
        give_up = f"outofband backfill abandon {self._job.name.name} --place HOST --because WHY"
        return Outcome(
            Verdict.ELSEWHERE, why, f"Run it there; {give_up} if one is gone, or never had any"
        )

    def _again(self, left: Left, before: Progress | None, progress: Progress) -> None:
        """Begin another walk where the last one got on; raises Over where that helps no more."""
        told = f"{progress.done:,} of {progress.total:,} {progress.unit} are done"
        name = self._job.name.name
        if left.quarantined or left.left_out:
            aside = f"in quarantine are {left.quarantined:,} units and {left.left_out:,} rows"
            do = f"Mend what outofband backfill quarantine {name} lists, then resume it"
            raise Over(Outcome(Verdict.QUARANTINED, f"{told}; {aside}", do))
        got_on = not self._walked or before is None or progress.done > before.done
        if not (self._job.spec.repeats and got_on):
            raise Over(_stuck(told, given_up=bool(left.abandoned)))
        self._walked = True
        self._state.reopen()

    def _wait(self, why: str) -> None:
        if not self._waited:
            self._waited = True
            self._teller.say(f"{self._job.name.name} waits: {why}")
        if self._job.stopped.wait(_POLL_SECONDS):
            raise Over(Outcome(Verdict.STOPPED, "stopped by the operator"))


def _stuck(told: str, *, given_up: bool) -> Outcome:
    if given_up:
        why = f"every unit is done or given up, and {told}"
        do = "Let the spec's given_up tell how much its progress counts of what was given up"
        return Outcome(Verdict.STUCK, why, do)
    do = "Compare what the spec's batch does with what its progress counts"
    return Outcome(Verdict.STUCK, f"every unit is done, and {told}", do)
