"""``outofband stats``: what production tells of its sizes, pulled into a file and shown."""

from __future__ import annotations

from pathlib import Path

import click

from outofband.cli.options import Where, connection_options, format_option


@click.group("stats")
def command() -> None:
    """Pull the sizes and value-free statistics of production into a file, and show it."""


@command.command("pull")
@connection_options
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write here, as a whole or not at all, and keep what has hardly moved.  [default: stdout]",
)
@click.option(
    "--with-values",
    is_flag=True,
    help="Also values of rows: most common ones, and the bounds of histograms.",
)
@click.option(
    "--with-queries",
    is_flag=True,
    help="Also what was run, from pg_stat_statements: DML only, without constants and comments.",
)
def pull(where: Where, output: Path | None, with_values: bool, with_queries: bool) -> None:
    """Read sizes, statistics and counters of the database. Reads only, needs no superuser.

    Without --with-values the file holds no value of any row, so that it can stand in the
    repository, for lint (`stats` in the settings) and rehearse. Partitioned tables are there as the
    sum and as their leaves. What the role may not see is told on stderr, with the GRANT that it
    lacks, and in the file.
    """
    from outofband.cli.stats_file import pull_into

    pull_into(where, output, with_values=with_values, with_queries=with_queries)


@command.command("show")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@format_option
def show(file: Path | None, form: str) -> None:
    """Show a stats file as a table, largest first: sizes, rows, scans, and what is stale.

    FILE is the one of the settings (`stats`) where none is named.
    """
    from outofband.cli.stats_file import show_file

    show_file(file, form)
