"""Run a backfill, through lost connections.

A run may be killed at any moment, and any number may run at once: what each is at is in the rows of
the state (:mod:`.state`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from outofband.backfill.desk import Desk
from outofband.backfill.guard import of_spec, within
from outofband.backfill.heart import Heart, OpenDesk
from outofband.backfill.job import Job
from outofband.backfill.outcome import Outcome, Verdict
from outofband.backfill.state import State
from outofband.backfill.telling import Teller
from outofband.backfill.walk import Walk
from outofband.backfill.work import Environment
from outofband.errors import OutofbandError
from outofband.runbook.hand import SessionLost, StatementFailed
from outofband.runbook.losses import Losses


class Runner:
    """One run of a backfill in one session."""

    def __init__(self, job: Job, desk: Desk, open_desk: OpenDesk, teller: Teller) -> None:
        self._job, self._desk, self._teller = job, desk, teller
        self._open, self._heart = open_desk, Heart(open_desk)

    def run(self) -> Outcome:
        """Run until it is finished, or cannot go on. Raises SessionLost when the server stays away
        for longer than a minute, and StatementFailed where the state cannot be kept.
        """
        try:
            with of_spec():
                surroundings = self._job.spec.at_work(self._connect)
            with within(surroundings), self._heart.beating():
                return self._through_losses()
        except (SessionLost, StatementFailed):
            raise
        except OutofbandError as failed:  # of the spec: in its own words
            return Outcome(Verdict.STUCK, failed.what_and_why, failed.do)

    @contextmanager
    def _connect(self) -> Iterator[Any]:
        with self._open() as desk, desk.lend() as connection:
            yield connection

    def _through_losses(self) -> Outcome:
        losses = Losses(self._desk.reconnect, self._teller.say, self._job.stopped.wait)
        while True:
            try:
                return self._run()
            except Environment as failed:
                return Outcome(Verdict.STUCK, failed.what, failed.do)
            except SessionLost as lost:
                losses.mend(lost)

    def _run(self) -> Outcome:
        job = self._job
        state = State.begin(self._desk, job.name, job.spec_name, job.places, job.holder)
        if held := self._heart.let_go():  # by the session that was lost
            state.release(held)
        return Walk(job, state, self._desk, self._heart, self._teller).run()
