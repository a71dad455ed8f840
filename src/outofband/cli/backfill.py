"""``outofband backfill``: what background data migrations need beyond the runbook."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from outofband.backfill.here import VARIABLE
from outofband.cli.options import F, Where, connection_options, format_option


@click.group("backfill")
def command() -> None:
    """Work at background data migrations, and order them about: what goes beyond the runbook.

    Each is a step, too: status, plan, apply and check show and run it.
    """


_step = click.argument("step", metavar="NAME")


def _yes(what: str) -> Callable[[F], F]:
    return click.option("--yes", is_flag=True, help=f"{what}  [default: ask]")


@command.command("estimate")
@connection_options
@_step
@format_option
@_yes("Agree to the batches that are tried and rolled back.")
def estimate(where: Where, step: str, form: str, yes: bool) -> None:
    """Try a few batches, roll each back, and tell what all of it takes.

    At most ten seconds, on units of all sizes; what is rolled back VACUUM has to remove. Without
    pauses, with one runner: what the engine waits for comes on top.
    """
    from outofband.cli.backfill_estimate import estimate as run

    run(where, step, form, yes=yes)


@command.command("worker")
@connection_options
@click.option(
    "--place",
    envvar=VARIABLE,
    show_envvar=True,
    metavar="NAME",
    help="What this host is called to which units are bound, such as its files; the same after a "
    "restart.  [default: the host's name]",
)
@click.option(
    "--until-done",
    is_flag=True,
    help="End when nothing is wanted any more, or only what needs a person.  [default: stay]",
)
def worker(where: Where, place: str | None, until_done: bool) -> None:
    """Work at whatever backfills the applied revisions want, on the files of this host.

    One process does one unit at a time: start as many on a host as it has cores to spare, on any
    number of hosts. They need the extra alembic-outofband[worker], and make its tables in the
    schema outofband. A worker looks for work every 5 s, and for new units after 1 min to 15 min.
    One that has not been heard of for 30 s is taken for dead, and its unit is done by another of
    its host; when the server was away, all come back by themselves, after 1 s to 30 s.

    SIGTERM and Ctrl-C end it after the batch in work, with its unit given back; a second one ends
    it at once. Exits 0 when stopped, or when all is done; 4 when something is left that needs a
    person.
    """
    from outofband.cli.backfill_worker import work

    sys.exit(work(where, place, until_done=until_done))


@command.command("verify")
@connection_options
@_step
@format_option
def verify(where: Where, step: str, form: str) -> None:
    """Look for what is wrong with what was done. Reads only, and as long as it takes.

    Exits 0 when nothing is, else 6.
    """
    from outofband.cli.backfill_verify import verify as run

    sys.exit(run(where, step, form))


@command.command("reverse")
@connection_options
@_step
@_yes("Agree to the way back.")
def reverse(where: Where, step: str, yes: bool) -> None:
    """Take back what a backfill did, where its spec has a way back.

    From its beginning the backfill passes for finished no more, and is cancelled; resume does it
    forth again. May be killed at any moment and run again.
    """
    from outofband.cli.backfill_reverse import reverse as run

    sys.exit(run(where, step, yes=yes))


@command.command("pause")
@connection_options
@_step
def pause(where: Where, step: str) -> None:
    """Let no batch begin from now on, by whatever runner, until it is resumed."""
    from outofband.cli.backfill_orders import stop

    stop(where, step, "paused")


@command.command("cancel")
@connection_options
@_step
def cancel(where: Where, step: str) -> None:
    """Give a backfill up: batches in work are rolled back, what is done stays."""
    from outofband.cli.backfill_orders import stop

    stop(where, step, "cancelled")


@command.command("resume")
@connection_options
@_step
@click.option("--quarantined", is_flag=True, help="Give what is in quarantine another chance, too.")
def resume(where: Where, step: str, quarantined: bool) -> None:
    """Let a backfill go on that was paused, cancelled or taken back; apply runs it."""
    from outofband.cli.backfill_orders import resume as run

    run(where, step, quarantined=quarantined)


@command.command("abandon")
@connection_options
@_step
@click.argument("unit", metavar="[UNIT]", required=False)
@click.option("--place", metavar="HOST", help="Give up a host, with its units that are not done.")
@click.option("--because", default="", metavar="WHY", help="Why; it is kept, and shown.")
@click.option("--undo", is_flag=True, help="Take it back: what was given up is pending again.")
def abandon(
    where: Where, step: str, unit: str | None, place: str | None, because: str, undo: bool
) -> None:
    """Give up for good what is in quarantine: UNIT, or the rows that were left out of it.

    Its data stays where it is. The backfill is finished, and its barrier opens, when all is done
    but what was given up.
    """
    from outofband.cli import backfill_orders as orders

    if undo:
        orders.reclaim(where, step, unit, place)
    else:
        orders.abandon(where, step, unit, place, because)


@command.command("quarantine")
@connection_options
@_step
@format_option
def quarantine(where: Where, step: str, form: str) -> None:
    """List units and rows that were put aside, and why."""
    from outofband.cli.backfill_orders import list_aside

    list_aside(where, step, form)
