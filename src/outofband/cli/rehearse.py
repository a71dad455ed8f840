"""``outofband rehearse``: run the revisions on a server of their own, and show what they do."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from outofband.cli.options import alembic_options, fail_on_option, stats_option


@click.command("rehearse")
@alembic_options
@click.option(
    "--since",
    metavar="GIT_REF",
    help="Rehearse only what the branch adds to GIT_REF, on top of what is there already.",
)
@stats_option
@click.option(
    "--queries",
    multiple=True,
    metavar="PATH",
    help="A file of queries, or package.module:callable, beside those of the settings. Repeatable.",
)
@click.option(
    "--timeout",
    "limit",
    type=click.FloatRange(min=0, min_open=True),
    default=120.0,
    show_default=True,
    metavar="SECONDS",
    help="How long each part may take: the base, up, down, and up again.",
)
@click.option(
    "--pg-bin",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The bin folder of a PostgreSQL to rehearse on.  [default: the one of the extra rehearse]",
)
@click.option(
    "--server",
    "elsewhere",
    envvar="OUTOFBAND_REHEARSE_SERVER",
    show_envvar=True,
    metavar="URL",
    help="Rehearse on this server instead, in a database that is made there and dropped at the "
    "end. Plans are without size then.  [default: a server of its own]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="How to print the report on stdout.",
)
@click.option(
    "--report",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Also write rehearsal.md, rehearsal.html and rehearsal.json into this folder.",
)
@click.option(
    "--write-baseline",
    is_flag=True,
    help="Keep what only a rehearsal finds in the baseline, and report only what is not in it from "
    "now on.",
)
@fail_on_option
def command(
    configs: tuple[str, ...],
    name: str,
    x: tuple[str, ...],
    since: str | None,
    stats: str | None,
    queries: tuple[str, ...],
    limit: float,
    pg_bin: Path | None,
    elsewhere: str | None,
    form: str,
    folder: Path | None,
    write_baseline: bool,
    fail_on: str,
) -> None:
    """Run the revisions on a PostgreSQL of their own: up, down, and up again.

    The project's env.py and revisions run as they are; whatever database they would connect to,
    they are led to a server that is made for this and is gone afterwards, or to a database that is
    made and dropped on the one of --server. For each statement the
    report says what it locks and for how long in production, and beside it what lint predicts.

    Exits 0 when nothing was found that --fail-on names, else 1.
    """
    from outofband import settings
    from outofband.cli.known import keep
    from outofband.cli.rehearsing import ended_in_order, progress
    from outofband.gate.request import Request
    from outofband.rehearse.rehearse import rehearse
    from outofband.rehearse.report import html, json, markdown, text
    from outofband_lint.rehearsed import REHEARSED

    if elsewhere is not None and pg_bin is not None:
        raise click.UsageError("--server and --pg-bin are two servers: name one.")
    if write_baseline and since is not None:
        raise click.UsageError("--write-baseline keeps what the whole history has: give it alone")
    request = Request(configs, name, x, since)
    with progress() as watch, ended_in_order():
        rehearsal = rehearse(
            request,
            stats=stats,
            queries=queries,
            limit=limit,
            pg_bin=pg_bin,
            elsewhere=elsewhere,
            with_baseline=not write_baseline,
            watch=watch,
        )
    if write_baseline:
        of_rehearsals = [finding for finding in rehearsal.seen if finding.rule in REHEARSED]
        keep(settings.load(Path.cwd()), of_rehearsals, rehearsed=True)
        return
    written = {"markdown": markdown.report(rehearsal), "json": json.report(rehearsal)}
    if folder is not None:
        _write(folder / "rehearsal.md", written["markdown"])
        _write(folder / "rehearsal.json", written["json"])
        _write(folder / "rehearsal.html", html.report(rehearsal))
    if form == "text":
        from outofband_lint.report.colour import is_wanted

        colour, width = is_wanted(sys.stdout), shutil.get_terminal_size().columns
        written["text"] = text.report(rehearsal, colour=colour, width=width)
    sys.stdout.write(written[form])
    worst = {finding.severity for finding in rehearsal.findings}
    sys.exit(1 if "error" in worst or (fail_on == "warning" and worst) else 0)


def _write(path: Path, text: str) -> None:
    """Write a file whose text may hold the name of one that is no UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
