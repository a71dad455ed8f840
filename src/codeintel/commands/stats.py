"""``stats DUMP``: how many rows a dump has in each table."""

from __future__ import annotations

import json
from pathlib import Path

import click

from codeintel.bundle import Bundle
from codeintel.lsif.correlate import correlate
from codeintel.lsif.read import read


def row_counts(bundle: Bundle) -> dict[str, int]:
    """Return the rows of a bundle by table, without its one row of metadata."""
    return {
        "documents": len(bundle.documents),
        "result_chunks": len(bundle.result_chunks),
        "definitions": len(bundle.definitions),
        "references": len(bundle.references),
    }


@click.command("stats")
@click.argument("dump", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Of stdout.",
)
def command(dump: Path, output_format: str) -> None:
    """Print how many rows the LSIF dump DUMP has in each table."""
    counts = row_counts(correlate(read(dump)))
    if output_format == "json":
        click.echo(json.dumps(counts))
        return
    for table, count in counts.items():
        click.echo(f"{table:<14}{count:>10,}")
