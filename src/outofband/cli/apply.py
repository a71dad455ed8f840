"""``outofband apply``: run the pending steps."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from outofband.cli.options import Where, as_is_option, database_options
from outofband.cli.values import seconds
from outofband.errors import NothingChanged, sentence

if TYPE_CHECKING:
    from outofband.postgres.session import Session
    from outofband.runbook.apply import Ending

PARTLY_DONE, REFUSED = 4, 3


class NotConfirmed(NothingChanged):
    """Nobody agreed to the plan: there is no terminal and no ``--yes``, or the answer was no."""


class ReadOnly(NothingChanged):
    """The server or the session takes no writes."""


@click.command("apply")
@database_options
@click.option("--only", multiple=True, metavar="NAME", help="Do this step and what it waits for.")
@click.option(
    "--dedupe",
    type=click.Choice(["report", "identical"]),
    default="report",
    show_default=True,
    help="Duplicates under a unique index: report them, or move the rows that equal another row in "
    "every column into a quarantine table in the schema outofband.",
)
@click.option(
    "--max-wait",
    callback=seconds,
    metavar="DURATION",
    help="Give up a build that waits longer than this for other transactions, and clean up what it "
    "leaves; 500ms, 2s, 5min, 12h or 7d.  [default: wait without end]",
)
@as_is_option
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def command(
    where: Where,
    only: tuple[str, ...],
    dedupe: str,
    max_wait: float | None,
    as_is: bool,
    yes: bool,
) -> None:
    """Do what is pending: build, promote and drop without stopping reads or writes.

    May be killed at any moment and run again. On SIGTERM it leaves the build to the server, and the
    same command goes on with it; Ctrl-C asks. Exits 0 when everything planned is done, 3 when it
    was refused and nothing changed, 4 when a part is done.
    """
    from outofband.cli.interrupt import Interruption
    from outofband.cli.project import open_project
    from outofband.cli.screen import OperatorScreen
    from outofband.postgres.monitor import Monitor
    from outofband.postgres.session import Session
    from outofband.runbook.apply import apply
    from outofband.runbook.build import Dedupe
    from outofband.runbook.forecast import Forecaster
    from outofband.runbook.show import plan_lines
    from outofband.runbook.watch import Patient, Watched
    from outofband.runbook.world import World

    project = open_project(where)
    screen = OperatorScreen()
    patient = Patient(max_wait)
    next_command = again(where, only, dedupe, as_is=as_is)
    with Session(project.source) as session:
        watched = Watched(screen, Monitor(project.source), session, patient)
        world = World(session, watched, project.scope(session, where.to, only), patient)
        plan = Forecaster(session, as_is).forecast(world.look().plan)
        if not plan.steps:
            screen.say("Nothing is pending.")
            return
        screen.say(f"Plan for {project.source.describe()}:")
        for line in plan_lines(plan, statements=False):
            screen.say(line)
        if not plan.does_nothing:
            _require_writes(session)
            _confirm(yes)
        with Interruption(screen, [session], patient.stopped, next_command).heeded():
            endings = apply(plan, world, Dedupe(dedupe))
    sys.exit(_report(endings, next_command))


def _require_writes(session: Session) -> None:
    from outofband.postgres.monitor import query

    row = session.rows(query("writable"))[0]
    if row["standby"] or row["read_only"]:
        why = "it is a standby" if row["standby"] else "its transactions are read-only"
        raise ReadOnly("this database takes no writes", why=why, do="Connect to the primary")


def _confirm(yes: bool) -> None:
    from outofband.cli.screen import is_interactive

    if yes:
        return
    if not is_interactive():
        raise NotConfirmed("the plan was not confirmed", why="there is no terminal", do="Add --yes")
    if not click.confirm("Do it?", err=True):
        raise NotConfirmed("the plan was not confirmed", why="the answer was no")


def again(where: Where, only: Sequence[str], dedupe: str, *, as_is: bool = False) -> str:
    """Return the command that goes on with the same work; never with what may hold a password,
    which a URL may and so the value of any ``-x``.
    """
    words = ["outofband", "apply"]
    words += [word for config in where.configs for word in ("-c", config)]
    words += ["-n", where.name] if where.name != "alembic" else []
    words += [word for argument in where.x for word in ("-x", f"{argument.partition('=')[0]}=...")]
    words += ["--to", where.to] if where.to else []
    words += [word for step in only for word in ("--only", step)]
    words += ["--dedupe", dedupe] if dedupe != "report" else []
    words += ["--as-is"] if as_is else []
    words += ["--database-url", "..."] if where.database_url else []
    return shlex.join(words)


def _report(endings: Sequence[Ending], again: str) -> int:
    """Say how each step ended and which command goes on; return the exit status."""
    from outofband.runbook.apply import End
    from outofband.runbook.show import deed

    for ending in endings:
        line = f"{ending.end.value:8} {deed(ending.planned)} {ending.planned.step.name}"
        click.echo(": ".join(part for part in (line, ending.why) if part), err=True)
        if ending.do:
            click.echo(f"         {sentence(ending.do)}", err=True)
    if all(e.end is End.DONE for e in endings):
        return 0
    flags = dict.fromkeys(flag for e in endings for flag in e.flags)
    command = " ".join([again, *flags])
    if any(e.acted or e.end is End.DONE for e in endings):
        click.echo(f"outofband: partly done, what is finished stays. Next: {command}", err=True)
        return PARTLY_DONE
    click.echo(f"outofband: nothing was changed. Next: {command}", err=True)
    return REFUSED
