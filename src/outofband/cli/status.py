"""``outofband status``: every out-of-band step that is wanted, and its state."""

from __future__ import annotations

import click

from outofband.cli.options import Where, database_options, format_option


@click.command("status")
@database_options
@format_option
def command(where: Where, form: str) -> None:
    """List every out-of-band step that is wanted, and its state. Reads only.

    Wanted is what the applied revisions declare and, with --to, what later ones declare on tables
    and columns that exist already. Exits 0 also when steps are pending; `check` is the judge.
    """
    from outofband.cli.output import print_seen
    from outofband.cli.project import look_at

    seen = look_at(where)
    print_seen(seen, form, seen.view.standings)
