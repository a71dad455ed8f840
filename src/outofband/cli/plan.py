"""``outofband plan``: what `apply` would do."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from outofband.cli.options import (
    Where,
    as_is_option,
    database_options,
    format_option,
    targets_option,
)


@click.command("plan")
@database_options
@targets_option
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Plan this step and what it waits for; may be repeated.  [default: every step]",
)
@click.option(
    "--sql",
    "as_sql",
    is_flag=True,
    help="Print a script for psql instead.  [default: as --format says]",
)
@as_is_option
@format_option
def command(
    where: Where,
    targets: Path | None,
    only: tuple[str, ...],
    as_sql: bool,
    as_is: bool,
    form: str,
) -> None:
    """Show what apply would do, statement by statement. Reads only.

    What a build takes is estimated from statistics and from looks at the table of at most a second.
    With --sql, print a script that a DBA can run in psql; what it builds is adopted afterwards.
    """
    if targets is not None:
        from outofband.cli.fleet import reading

        sys.exit(reading.plan(where, targets, only, as_sql, as_is, form))
    from outofband.cli.output import print_json, warn_incomplete
    from outofband.cli.project import look_at
    from outofband.runbook.preflight.tell import document, lines
    from outofband.runbook.show import plan_document, plan_lines, script
    from outofband.runbook.sizing.forecast import Forecaster

    seen = look_at(
        where, only, lambda session, view: Forecaster(session, as_is).forecast(view.plan)
    )
    plan = seen.view.plan
    if as_sql:
        click.echo(script(plan, seen.server_version, seen.database))
    elif form == "json":
        print_json({**plan_document(plan, seen.ages), "preflight": document(seen.report)})
    else:
        told = plan_lines(plan) if plan.steps else ["Nothing is pending."]
        click.echo("\n".join((*told, *lines(seen.report))))
    warn_incomplete(seen.scope.wanted.incomplete)
