"""``outofband apply``: run the pending steps."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from outofband.cli.limits import Limits, limit_options
from outofband.cli.options import Where, as_is_option, database_options
from outofband.errors import NothingChanged, sentence

if TYPE_CHECKING:
    from outofband.runbook.apply import Ending
    from outofband.runbook.duplicates.policy import Policy
    from outofband.runbook.plan import Plan
    from outofband.runbook.preflight import Report

PARTLY_DONE, REFUSED = 4, 3


class NotConfirmed(NothingChanged):
    """Nobody agreed to the plan: there is no terminal and no ``--yes``, or the answer was no."""


class NotNow(NothingChanged):
    """Something in the server or on the way to it stops the whole plan."""


@click.command("apply")
@database_options
@click.option("--only", multiple=True, metavar="NAME", help="Do this step and what it waits for.")
@click.option(
    "--dedupe",
    type=click.Choice(["report", "identical", "keep-newest"]),
    default="report",
    show_default=True,
    help="Duplicates under a unique index: report them, or move the rows that equal another row in "
    "every column into a quarantine table in the schema outofband, or also those that are older by "
    "a column than another row with the same keys.",
)
@click.option("--by", metavar="COLUMN", help="The column that tells the newest row.")
@click.option(
    "--undo-dedupe",
    metavar="NAME",
    help="Put the rows that were moved for this step back, and do nothing else.",
)
@click.option(
    "--parallel",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Work on as many tables at once, the largest first; one build a table.",
)
@as_is_option
@limit_options
@click.option(
    "--notify",
    metavar="COMMAND",
    help="Run this when the run is over, done or not, with its summary as JSON on stdin, for at "
    "most 30 s and without a shell.  [default: the setting notify]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: print every event as a line of JSON on stdout as well (docs/events.md).",
)
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def command(
    where: Where,
    only: tuple[str, ...],
    dedupe: str,
    by: str | None,
    undo_dedupe: str | None,
    parallel: int,
    limits: Limits,
    as_is: bool,
    notify: str | None,
    form: str,
    yes: bool,
) -> None:
    """Do what is pending: build, promote and drop without stopping reads or writes.

    May be killed at any moment and run again. On SIGTERM it leaves the build to the server, and the
    same command goes on with it; Ctrl-C asks. Exits 0 when everything planned is done, 3 when it
    was refused and nothing changed, 4 when a part is done.
    """
    from outofband.cli.account import Account
    from outofband.cli.interrupt import Interruption
    from outofband.cli.project import open_project
    from outofband.cli.screen import OperatorScreen
    from outofband.cli.undo_dedupe import undo
    from outofband.postgres.monitor import Monitor
    from outofband.postgres.session import Session
    from outofband.runbook.duplicates.policy import DedupeWrong, policy
    from outofband.runbook.forecast import Forecaster
    from outofband.runbook.hazards import require_known
    from outofband.runbook.parallel import apply_beside, lanes
    from outofband.runbook.preflight import Report, preflight
    from outofband.runbook.preflight.server import judge_server, read_server
    from outofband.runbook.preflight.tell import lines
    from outofband.runbook.show import plan_lines
    from outofband.runbook.watch import Watched
    from outofband.runbook.world import World

    require_known(limits.accept)
    dealing = policy(dedupe, by)
    undoing = ("--undo-dedupe", undo_dedupe) if undo_dedupe else ()
    if undoing and (only or dealing.flags):
        raise DedupeWrong("--undo-dedupe", why="it does nothing else", do="Give it alone")
    project = open_project(where)
    screen = OperatorScreen(several=parallel > 1)
    patient = limits.patient(project.settings)
    conditions = limits.conditions(project.settings)
    beside = ["--parallel", str(parallel)] if parallel > 1 else []
    leaving = ["--as-is"] if as_is else []
    next_command = again(where, only, [*dealing.flags, *undoing, *limits.words, *beside, *leaving])
    told = notify if notify is not None else project.settings.notify
    account = Account(project.source, next_command, events=form == "json", command=told)
    with account.of_errors(), ExitStack() as opened:
        session = opened.enter_context(Session(project.source))
        scope = project.scope(session, where.to, only)

        def world(hand: Session) -> World:
            evidence = account.evidence()
            watched = Watched(screen, Monitor(project.source), hand, patient, evidence)
            return World(hand, watched, scope, patient, conditions, evidence)

        view = world(session).look()
        if undo_dedupe:
            screen.say(f"Undo on {project.source.describe()}:")
            _require_fit(Report(tuple(judge_server(read_server(session), builds=False))))
            with Interruption(screen, [session], patient.stopped, next_command).heeded():
                undo(world(session), undo_dedupe, lambda: _ask(yes))
            return account.end((), 0)
        at_once = min(parallel, len(lanes(view.plan, view.seen)))
        plan = Forecaster(session, as_is, at_once).forecast(view.plan)
        view, conditions = replace(view, plan=plan), replace(conditions, seconds=plan.seconds)
        if not plan.steps:
            screen.say("Nothing is pending.")
            account.end((), 0)
            return None
        screen.say(f"Plan for {project.source.describe()}:")
        report = preflight(session, view, dedupes=bool(dealing.flags))
        for line in plan_lines(plan, statements=False, policy=dealing):
            screen.say(line)
        _require_fit(report)
        for line in lines(report):
            screen.say(line)
        acts = any(p.actions and not report.obstacle(p.step) for p in plan.steps)
        if acts:
            _confirm(plan, dealing, yes, limits.accept)
        hands = [session]
        while len(hands) < at_once:
            hands.append(opened.enter_context(Session(project.source)))
        worlds = [world(hand) for hand in hands]
        account.begin(plan, session if acts else None)
        stop = Interruption(screen, hands, patient.stopped, next_command, account.detached)
        with stop.heeded():
            endings = apply_beside(plan, view.seen, worlds, dealing, report)
        status = _report(endings, next_command)
        account.end(endings, status)
    sys.exit(status)


def _require_fit(report: Report) -> None:
    from outofband.runbook.preflight.finding import first_stop

    if found := first_stop(report.general):
        raise NotNow(found.what, do=found.do)


def _confirm(plan: Plan, dealing: Policy, yes: bool, accepted: tuple[str, ...]) -> None:
    from outofband.runbook.hazards import require_accepted

    if accepted:
        require_accepted(plan, accepted, dealing)
    _ask(yes or bool(accepted))


def _ask(agreed: bool) -> None:
    from outofband.cli.screen import is_interactive

    if agreed:
        return
    if not is_interactive():
        raise NotConfirmed(
            "the plan was not confirmed",
            why="there is no terminal",
            do="Add --yes, or --accept with the hazards of the plan",
        )
    if not click.confirm("Do it?", err=True):
        raise NotConfirmed("the plan was not confirmed", why="the answer was no")


def again(where: Where, only: Sequence[str], more: Sequence[str] = ()) -> str:
    """Return the command that goes on with the same work; never with what may hold a password,
    which a URL may and so the value of any ``-x``.
    """
    words = ["outofband", "apply"]
    words += [word for config in where.configs for word in ("-c", config)]
    words += ["-n", where.name] if where.name != "alembic" else []
    words += [word for argument in where.x for word in ("-x", f"{argument.partition('=')[0]}=...")]
    words += ["--to", where.to] if where.to else []
    words += [word for step in only for word in ("--only", step)]
    words += more
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
