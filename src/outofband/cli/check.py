"""``outofband check``: the judge, for health probes and pipelines."""

from __future__ import annotations

import sys

import click

from outofband.cli.options import database_options, format_option

PENDING, WRONG = 1, 6


@click.command("check")
@database_options
@format_option
def command(
    configs: tuple[str, ...],
    name: str,
    x: tuple[str, ...],
    database_url: str | None,
    to: str | None,
    form: str,
) -> None:
    """Judge whether every wanted step is done. Reads only.

    Exits 0 when all are, 1 when some are pending or a revision could not be rendered, 6 when an
    index is invalid or another one than declared.
    """
    from outofband.catalog.standing import is_wrong
    from outofband.cli.output import print_json, print_standings, warn_incomplete
    from outofband.cli.project import open_project
    from outofband.postgres.session import Session
    from outofband.runbook.show import document
    from outofband.runbook.world import look

    project = open_project(configs, name, x, database_url)
    with Session(project.source) as session:
        scope = project.scope(session, to)
        view = look(session, scope)
    pending = [s for s in view.standings if not s.done]
    if form == "json":
        print_json(document(view.standings, scope.wanted.incomplete))
    else:
        print_standings(view.standings, pending_only=True)
        warn_incomplete(scope.wanted.incomplete)
    if any(is_wrong(s) for s in pending):
        sys.exit(WRONG)
    sys.exit(PENDING if pending or scope.wanted.incomplete else 0)
