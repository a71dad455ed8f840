"""``mode [MODE]``: where writers write."""

from __future__ import annotations

from datetime import timedelta

import click

from codeintel.commands import options
from codeintel.mode import PATIENCE, Mode, current, switch
from codeintel.roles import ALIVE_FOR, alive
from codeintel.store.connection import connection


@click.command("mode")
@click.argument("mode", type=click.Choice([mode.value for mode in Mode]), required=False)
@options.database_url
@click.option(
    "--patience",
    type=click.FloatRange(0),
    default=PATIENCE.total_seconds(),
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for writes of the former mode that are under way.",
)
def command(mode: str | None, database_url: str, patience: float) -> None:
    """Print where writers write and who is alive, or switch to MODE.

    sqlite writes files alone, and lets nothing move; both writes files and rows, postgres rows
    alone. postgres is refused while a janitor or reader is alive that knows files alone. A switch
    holds no write up and takes effect with the next one; the command ends when no write, and no
    copy of a bundle, of the former mode is under way.
    """
    with connection(database_url) as store:
        if mode is not None:
            before = switch(store, Mode(mode), timedelta(seconds=patience))
            click.echo(f"mode {mode}, before {before}", err=True)
        click.echo(f"mode: {current(store)}")
        for one in alive(store):
            knows = " and ".join(sorted(one.role.stores))
            click.echo(
                f"{one}: knows {knows}, {one.role.mode}, {one.since_heartbeat.seconds} s ago"
            )
        click.echo(f"a heartbeat counts for {ALIVE_FOR.total_seconds():.0f} s", err=True)
