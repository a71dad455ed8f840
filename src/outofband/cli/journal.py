"""``outofband journal``: what was done here, by whom, and how long it took."""

from __future__ import annotations

import click

from outofband.cli.options import Where, database_options, format_option


@click.command("journal")
@database_options
@click.option("--step", metavar="NAME", help="Only lines of this step.")
@click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="The latest lines."
)
@format_option
def command(where: Where, step: str | None, limit: int, form: str) -> None:
    """Show the journal that apply keeps in the table outofband.journal. Reads only.

    It is evidence; nothing is decided by it. A step that was started and never ended was killed.
    """
    from outofband.cli.output import print_journal
    from outofband.cli.project import open_project
    from outofband.postgres.session import Session
    from outofband.runbook.journal import read

    project = open_project(where)
    with Session(project.source) as session:
        rows = read(session, step, limit)
    print_journal(rows, form)
