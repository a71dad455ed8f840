"""``janitor``: what is over, and may go."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import click

from codeintel.commands import options
from codeintel.janitor.sweep import Found, Janitor
from codeintel.roles import Role, registered
from codeintel.store.connection import connection
from codeintel.store.folder import BundleFolder


@click.command("janitor")
@options.database_url
@options.bundle_dir
@click.option("--delete", is_flag=True, help="Delete what may go; otherwise it is only shown.")
@click.option(
    "--grace-hours",
    type=click.FloatRange(0),
    default=168.0,
    show_default=True,
    help="How many hours after its move, deletion or last change a file is kept.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Of stdout.",
)
def command(
    database_url: str, bundle_dir: Path, delete: bool, grace_hours: float, output_format: str
) -> None:
    """Show which files of this host may go, and with --delete delete them.

    A backup goes when its rows were moved and verified and are there, the grace period is over, it
    is unchanged since the copy, the mode is postgres, and no reader or janitor that is alive knows
    files alone. So do files whose dump was deleted or replaced, and after an hour at least those
    that a writer never finished. Rows are never deleted. Exits 0 whatever there is to do.
    """
    role = Role("janitor", "delete" if delete else "dry run")
    with registered(database_url, role), connection(database_url) as store:
        grace = timedelta(hours=grace_hours)
        janitor = Janitor(store, BundleFolder(bundle_dir), grace, deletes=delete)
        found = []
        for one in janitor.sweep():
            found.append(one)
            if output_format == "text" and one.verdict.goes:
                done = "deleted" if one.is_gone else "would delete"
                click.echo(f"{done} {one.path}, {one.size:,} bytes: {one.verdict.why}")
    if output_format == "json":
        click.echo(json.dumps({"files": [_as_json(one) for one in found]}))
    _summarise(found, delete)


def _as_json(one: Found) -> dict[str, object]:
    return {
        "path": str(one.path),
        "bytes": one.size,
        "goes": one.verdict.goes,
        "deleted": one.is_gone,
        "why": one.verdict.why,
    }


def _summarise(found: list[Found], delete: bool) -> None:
    for why, count in Counter(one.verdict.why for one in found if not one.verdict.goes).items():
        click.echo(f"kept {count:,}: {why}", err=True)
    going = [one for one in found if one.verdict.goes]
    size = sum(one.size for one in going)
    said = "deleted" if delete else "may go, and --delete deletes them"
    click.echo(f"{len(going):,} files, {size:,} bytes: {said}", err=True)
