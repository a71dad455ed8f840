"""``outofband status``: every out-of-band step that is wanted, and its state."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from outofband.cli.options import Where, database_options, format_option, targets_option


@click.command("status")
@database_options
@targets_option
@format_option
def command(where: Where, targets: Path | None, form: str) -> None:
    """List every out-of-band step that is wanted, and its state. Reads only.

    Wanted is what the applied revisions declare and, with --to, what later ones declare on tables
    and columns that exist already. Exits 0 also when steps are pending; `check` is the judge.
    """
    if targets is not None:
        from outofband.cli.fleet import reading

        sys.exit(reading.status(where, targets, form))
    from outofband.cli.output import print_seen
    from outofband.cli.project import look_at

    seen = look_at(where)
    print_seen(seen, form, seen.view.standings)
