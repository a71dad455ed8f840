"""``outofband status``: every out-of-band step that is wanted, and its state."""

from __future__ import annotations

import click

from outofband.cli.options import database_options, format_option


@click.command("status")
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
    """List every out-of-band step that is wanted, and its state. Reads only.

    Wanted is what the applied revisions declare and, with --to, what later ones declare on tables
    and columns that exist already. Exits 0 also when steps are pending; `check` is the judge.
    """
    from outofband.cli.output import print_json, print_standings, warn_incomplete
    from outofband.cli.project import open_project
    from outofband.postgres.session import Session
    from outofband.runbook.show import document
    from outofband.runbook.world import look

    project = open_project(configs, name, x, database_url)
    with Session(project.source) as session:
        scope = project.scope(session, to)
        view = look(session, scope)
    if form == "json":
        print_json(document(view.standings, scope.wanted.incomplete))
    else:
        print_standings(view.standings)
        warn_incomplete(scope.wanted.incomplete)
