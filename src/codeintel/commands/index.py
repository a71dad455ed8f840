"""``index PACKAGE``: the LSIF dump of an installed package."""

from __future__ import annotations

from pathlib import Path

import click

from codeintel.index_python.index import Summary, index


@click.command("index")
@click.argument("package")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The file to write, gzipped if it ends in .gz.  [default: PACKAGE.lsif.gz]",
)
def command(package: str, output: Path | None) -> None:
    """Index the installed Python package PACKAGE, named as import names it."""
    out = output or Path(f"{package}.lsif.gz")
    summary = index(package, out)
    _warn_of_skipped(summary)
    title = f"{summary.package} {summary.version}".rstrip()
    click.echo(
        f"{out}: {title}, {summary.documents:,} documents, "
        f"{summary.ranges:,} ranges, {len(summary.skipped):,} files skipped",
        err=True,
    )


def _warn_of_skipped(summary: Summary) -> None:
    for skipped in summary.skipped:
        click.echo(f"codeintel: warning: {skipped.path} is not indexed: {skipped.why}", err=True)
