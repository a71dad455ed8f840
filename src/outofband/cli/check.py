"""``outofband check``: the judge, for health probes and pipelines."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from outofband.cli.options import Where, database_options, format_option, targets_option

PENDING, WRONG = 1, 6


@click.command("check")
@database_options
@targets_option
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Judge this step alone; may be repeated.  [default: every step]",
)
@format_option
def command(where: Where, targets: Path | None, only: tuple[str, ...], form: str) -> None:
    """Judge whether every wanted step is done. Reads only.

    Exits 0 when all are, 1 when some are pending or a revision could not be rendered, 6 when an
    index is invalid or another one than declared, be it a step's or one that an upgrade made. With
    the setting pending-max-age, what has been pending for less is no failure, unless it is asked
    for with --only or --to.
    """
    if targets is not None:
        from outofband.cli.fleet import reading

        sys.exit(reading.check(where, targets, only, form))
    from outofband.catalog.verdict import Verdict, verdict
    from outofband.cli.output import print_seen
    from outofband.cli.project import look_at, look_at_all

    seen = look_at(where, only) if only else look_at_all(where)
    judged = [s for s in seen.view.standings if not only or s.step.name in only]
    judged += seen.in_deploy
    print_seen(seen, form, judged, pending_only=True)
    bearable = None if only or where.to else seen.pending_max_age
    found = verdict(judged, seen.ages, bearable)
    if found is Verdict.WRONG:
        sys.exit(WRONG)
    incomplete = bool(seen.scope.wanted.incomplete) and not only
    if found is Verdict.PENDING or incomplete:
        sys.exit(PENDING)
    if bearable is not None and any(not s.done for s in judged):
        click.echo("No step has been pending for as long as pending-max-age.", err=True)
