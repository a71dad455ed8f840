"""``outofband plan``: what `apply` would do."""

from __future__ import annotations

import click

from outofband.cli.options import database_options, format_option


@click.command("plan")
@database_options
@click.option("--only", multiple=True, metavar="NAME", help="Plan this step and what it waits for.")
@click.option("--sql", "as_sql", is_flag=True, help="Print a script for psql instead.")
@format_option
def command(
    configs: tuple[str, ...],
    name: str,
    x: tuple[str, ...],
    database_url: str | None,
    to: str | None,
    only: tuple[str, ...],
    as_sql: bool,
    form: str,
) -> None:
    """Show what apply would do, statement by statement. Reads only.

    With --sql, print a script that a DBA can run in psql; what it builds is adopted afterwards.
    """
    from outofband.cli.output import print_json, warn_incomplete
    from outofband.cli.project import open_project
    from outofband.postgres.session import Session
    from outofband.runbook.show import plan_document, plan_lines, script
    from outofband.runbook.world import look

    project = open_project(configs, name, x, database_url)
    with Session(project.source) as session:
        scope = project.scope(session, to, only)
        plan, version = look(session, scope).plan, session.version
    if as_sql:
        click.echo(script(plan, version, project.source.describe()))
    elif form == "json":
        print_json(plan_document(plan))
    else:
        click.echo("\n".join(plan_lines(plan)) if plan.steps else "Nothing is pending.")
    warn_incomplete(scope.wanted.incomplete)
