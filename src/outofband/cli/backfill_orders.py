"""``outofband backfill pause | cancel | resume | quarantine``."""

from __future__ import annotations

from typing import Literal

import click

from outofband.backfill.orders import Orders
from outofband.cli.backfill_one import One, one
from outofband.cli.options import Where
from outofband.cli.output import print_json, print_table


def stop(where: Where, name: str, status: Literal["paused", "cancelled"]) -> None:
    """Pause or cancel a backfill."""
    with one(where, name) as found:
        _orders(found).stop(status)
    click.echo(f"{name} is {status}; outofband backfill resume {name} lets it go on.", err=True)


def resume(where: Where, name: str, *, quarantined: bool) -> None:
    """Let a backfill go on."""
    with one(where, name) as found:
        _orders(found).resume(quarantined=quarantined)
    click.echo(f"{name} may go on; outofband apply --only {name} runs it.", err=True)


def list_aside(where: Where, name: str, form: str) -> None:
    """List what is in quarantine."""
    with one(where, name) as found:
        rows = _orders(found).aside()
    if form == "json":
        print_json({"quarantine": [{**row, "at": row["at"].isoformat()} for row in rows]})
        return
    cells = (
        (r["unit"], r["key"] or "", f"{r['at']:%Y-%m-%d %H:%M:%S%z}", r["reason"]) for r in rows
    )
    print_table(("UNIT", "ROW", "SINCE", "REASON"), cells)
    click.echo(f"{len(rows)} in quarantine", err=True)


def _orders(found: One) -> Orders:
    return Orders(found.session, found.name, found.step.spec)
