"""The stats file on disk: pulled into, read, shown."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from outofband import settings
from outofband.cli.files import replace_file
from outofband.cli.options import Where
from outofband.cli.output import print_json, print_table
from outofband.cli.project import open_project
from outofband.errors import Misuse, NothingChanged
from outofband.postgres.session import Session
from outofband.stats import missing, show
from outofband.stats.file import StatsFileWrong, read, written
from outofband.stats.pull import Pulled, pull
from outofband.stats.steady import steadied
from outofband.stats.value import Stats

_VALUES = (
    "warning: --with-values stores values of rows: the most common ones of each column and the "
    "bounds of its histogram, names and addresses among them. Do not publish the file."
)
_QUERIES = (
    "warning: --with-queries stores what the application runs: names of tables and columns, how "
    "often and how long. Constants and comments are taken out; utility statements are left out."
)


class NoStatsFile(Misuse):
    """No stats file is named, neither in the call nor in the settings."""


class StatsNotWritten(NothingChanged):
    """The stats file cannot be written."""


def pull_into(where: Where, output: Path | None, *, with_values: bool, with_queries: bool) -> None:
    """Pull from the database into a file, or to stdout, and say what was not to be seen."""
    before = read_file(output) if output is not None and output.exists() else None
    for asked, warning in ((with_values, _VALUES), (with_queries, _QUERIES)):
        if asked:
            click.echo(f"outofband: {warning}", err=True)
    with Session(open_project(where).source) as session:
        pulled = pull(session, session.version, with_values=with_values, with_queries=with_queries)
    if output is None:
        click.echo(written(pulled.stats), nl=False)
    else:
        _keep(output, pulled.stats, before)
    _tell(pulled)


def _keep(output: Path, stats: Stats, before: Stats | None) -> None:
    kept = stats if before is None else steadied(stats, before)
    if kept is before:
        click.echo(f"{output} still holds: nothing has moved by a tenth", err=True)
        return
    _write(output, written(kept))
    today = datetime.now(UTC).date()
    click.echo(f"wrote {output}: {show.summary(kept, today)}", err=True)


def _tell(pulled: Pulled) -> None:
    if pulled.standby:
        click.echo(
            "outofband: this is a standby: it counts the scans of its own queries alone, and does "
            "not know when a table was analysed",
            err=True,
        )
    for line in missing.lines(pulled.stats.missing, pulled.role):
        click.echo(f"outofband: {line}", err=True)


def show_file(file: Path | None, form: str) -> None:
    """Print a stats file as a table or, for a program, as JSON."""
    stats = read_file(file or _of_the_settings())
    today = datetime.now(UTC).date()
    if form == "json":
        print_json(show.document(stats, today))
        return
    print_table(show.HEADINGS, (show.cells(stats, r, today) for r in show.by_size(stats)))
    click.echo(show.summary(stats, today), err=True)
    for line in missing.lines(stats.missing, "the_role"):
        click.echo(f"outofband: {line}", err=True)


def read_file(file: Path) -> Stats:
    """Read a stats file. Raises StatsFileWrong."""
    try:
        return read(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise StatsFileWrong(
            f"cannot read {file}", why=why or "", do="Write it with outofband stats pull -o"
        ) from None


def _of_the_settings() -> Path:
    named = settings.load(Path.cwd()).stats
    if named is None:
        raise NoStatsFile(
            "there is no stats file to show",
            why="none is named here, and [tool.outofband] has no stats",
            do="Name one: outofband stats show FILE",
        )
    return Path(named)


def _write(path: Path, text: str) -> None:
    try:
        mode = path.stat().st_mode if path.exists() else 0o644
        replace_file(path, text.encode(), mode)
    except OSError as error:
        raise StatsNotWritten(
            f"cannot write {path}",
            why=error.strerror or type(error).__name__,
            do="Make it writable",
        ) from None
