"""``outofband backfill worker``: work at whatever backfills are wanted, on this host's files."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Event, Lock
from typing import Any

from outofband.backfill.here import VARIABLE, here
from outofband.backfill.state import Name
from outofband.backfill.turn import Turns
from outofband.cli.limits import Limits
from outofband.cli.options import Where
from outofband.cli.project import Project, open_project
from outofband.cli.screen import OperatorScreen
from outofband.model.step import Backfill
from outofband.postgres.monitor import Monitor
from outofband.postgres.parameters import parameters
from outofband.postgres.session import Session
from outofband.queue.extra import require
from outofband.queue.port import Ended, Pending
from outofband.runbook.ending import End, Ending
from outofband.runbook.hand import SessionLost
from outofband.runbook.plan import PlannedStep
from outofband.runbook.watch import Patient, Watched
from outofband.runbook.world import Scope, View, World, look

_APPLICATION_NAME = "outofband worker"


def work(where: Where, place: str | None, *, until_done: bool) -> int:
    """Work until stopped, or until nothing is left; return the exit status."""
    require()
    from outofband.queue.schema import prepare
    from outofband.queue.worker import Worker

    if place:
        os.environ[VARIABLE] = place  # which the application's specs ask for, too
    project, screen = open_project(where), OperatorScreen()
    screen.say(f"{here()} works on {project.source.describe()}")
    with Session(project.source) as session:
        prepare(session)
        backfills = ProjectBackfills(project, session, screen)
        reach = Reach(project)
        return Worker(here(), backfills, reach, screen.say, until_done=until_done).run()


class Reach:
    """Gives libpq's parameters for the queue's connections, asked for before each."""

    def __init__(self, project: Project) -> None:
        self._source = project.source

    async def __call__(self) -> Mapping[str, Any]:
        """Return them; what env.py does to find them may take a while."""
        return await asyncio.to_thread(parameters, self._source, _APPLICATION_NAME)


class ProjectBackfills:
    """The backfills that the project's applied revisions want, run as `apply` runs them."""

    def __init__(self, project: Project, session: Session, screen: OperatorScreen) -> None:
        self._project, self._session, self._screen = project, session, screen
        self._rendering = Lock()

    def pending(self) -> Sequence[Pending]:
        """Look at what is wanted and not finished. Raises OutofbandError, SessionLost."""
        try:
            _, view = self._seen(self._session)
        except SessionLost:
            with suppress(SessionLost):
                self._session.reconnect()
            raise
        return [_pending(planned, view) for planned in view.plan.steps if _is_backfill(planned)]

    def run(self, name: Name, stopped: Event) -> Ended:
        """Work at one in a session of its own. Raises OutofbandError, SessionLost."""
        with Session(self._project.source) as session:
            scope, view = self._seen(session)
            for planned in view.plan.steps:
                if _is_backfill(planned) and _name(planned, view) == name:
                    world = self._world(session, scope, stopped)
                    return _ended(world.backfills(planned, world))
        return Ended(finished=True)

    def _seen(self, session: Session) -> tuple[Scope, View]:
        with self._rendering:  # of the project's revisions, which a thread does alone
            scope = self._project.scope(session, None)
        return scope, look(session, scope)

    def _world(self, session: Session, scope: Scope, stopped: Event) -> World:
        source, settings = self._project.source, self._project.settings
        patient = Patient(Limits().patient(settings).max_wait, stopped)
        watched = Watched(self._screen, Monitor(source), session, patient)
        turns = Turns(lambda: Session(source), self._project.folders)
        conditions = Limits().conditions(settings)
        return World(session, watched, scope, patient, conditions, backfills=turns)


def _is_backfill(planned: PlannedStep) -> bool:
    return isinstance(planned.step, Backfill)


def _pending(planned: PlannedStep, view: View) -> Pending:
    waits = ", ".join(planned.standing.waits_for)
    obstacle = planned.obstacle or (waits and f"it waits for {waits}")
    return Pending(_name(planned, view), obstacle)


def _name(planned: PlannedStep, view: View) -> Name:
    table = view.seen.table(planned.step.table)
    return Name(
        planned.step.name, (table.name.schema if table else planned.step.table.schema) or ""
    )


def _ended(ending: Ending) -> Ended:
    stuck = ending.end in (End.REFUSED, End.FAILED)
    return Ended(ending.end is End.DONE, stuck, ending.acted, ending.why, ending.do)
