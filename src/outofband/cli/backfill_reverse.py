"""``outofband backfill reverse``."""

from __future__ import annotations

from dataclasses import replace

import click

from outofband.backfill.here import here
from outofband.backfill.job import Job
from outofband.backfill.orders import Orders
from outofband.backfill.outcome import Outcome, Verdict
from outofband.backfill.run import Runner
from outofband.backfill.spec import Spec
from outofband.backfill.turn import OnScreen, holder
from outofband.cli.backfill_one import One, one
from outofband.cli.go_ahead import ask
from outofband.cli.interrupt import Interruption
from outofband.cli.options import Where
from outofband.cli.screen import OperatorScreen
from outofband.errors import NothingChanged, PartlyDone
from outofband.postgres.session import Session
from outofband.runbook.watch import Patient


class NoWayBack(NothingChanged):
    """The spec of a backfill has no way back."""


class NotBackYet(PartlyDone):
    """The way back has ended before its end."""


def reverse(where: Where, name: str, *, yes: bool) -> int:
    """Take back what a backfill did; return the exit status. Raises NoWayBack and NotBackYet."""
    with one(where, name) as found:
        back = found.spec().reverse()
        if back is None:
            raise NoWayBack(f"{name} has no way back", why=f"{found.step.spec} gives none")
        click.echo(f"Way back of {name} on {found.project.source.describe()}", err=True)
        ask(agreed=yes)
        Orders(found.session, found.name, found.step.spec).turn_back()
        outcome = _run(found, back)
    if outcome.verdict is not Verdict.FINISHED:
        again = f"outofband backfill reverse {name}"
        raise NotBackYet(f"{name} is not taken back", why=outcome.why, do=f"Next: {again}")
    click.echo(f"{name} is taken back", err=True)
    return 0


def _run(found: One, back: Spec) -> Outcome:
    screen, patient, name = OperatorScreen(), Patient(), found.step.name
    job = Job(
        back,
        found.step.spec,
        replace(found.name, reverse=True),
        found.table.oid,
        holder(),
        (here(),),
        stopped=patient.stopped,
    )
    again = f"outofband backfill reverse {name}"
    stop = Interruption(screen, [found.session], patient.stopped, again)
    source = found.project.source
    with stop.heeded(), screen.showing(f"way back of {name}") as show:
        teller = OnScreen(screen.say, show)
        return Runner(job, found.session, lambda: Session(source), teller).run()
