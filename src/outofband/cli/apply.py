"""``outofband apply``: run the pending steps."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from outofband.cli.limits import Limits, limit_options
from outofband.cli.options import Where, as_is_option, database_options, targets_option


@click.command("apply")
@database_options
@targets_option
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Do this step and what it waits for; may be repeated.  [default: every step]",
)
@click.option(
    "--dedupe",
    type=click.Choice(["report", "identical", "keep-newest"]),
    default="report",
    show_default=True,
    help="Duplicates under a unique index: report them, or move the rows that equal another row in "
    "every column into a quarantine table in the schema outofband, or also those that are older by "
    "a column than another row with the same keys.",
)
@click.option(
    "--by",
    metavar="COLUMN",
    help="The column that tells the newest row; for --dedupe keep-newest, which needs it.",
)
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
    "most 30 s and without a shell.  [default: the setting notify, else none]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: print every event as a line of JSON on stdout as well (docs/events.md).",
)
@click.option(
    "--yes",
    is_flag=True,
    help="Agree to all hazards; without a terminal this or --accept is needed.  [default: ask]",
)
def command(
    where: Where,
    targets: Path | None,
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
    from outofband.cli.orders import Orders
    from outofband.runbook.duplicates.policy import policy
    from outofband.runbook.hazards import require_known

    require_known(limits.accept)
    dealing = policy(dedupe, by)
    orders = Orders(only, dealing, parallel, limits, as_is, notify, form == "json", yes)
    if undo_dedupe:
        from outofband.cli.undo_in_one import require_alone, undo_in_one

        require_alone(orders, targets)
        undo_in_one(where, orders, undo_dedupe)
    elif targets is not None:
        from outofband.cli.fleet.apply import apply_to_fleet

        sys.exit(apply_to_fleet(where, targets, orders))
    else:
        from outofband.cli.apply_to_one import apply_to_one

        sys.exit(apply_to_one(where, orders))
