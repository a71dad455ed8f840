"""``outofband backfill pause | cancel | resume | quarantine | abandon``."""

from __future__ import annotations

import shlex
from typing import Literal

import click

from outofband.backfill.orders import Orders, Part
from outofband.cli.backfill_one import One, one
from outofband.cli.options import Where
from outofband.cli.output import print_json, print_table
from outofband.errors import Misuse, NothingChanged

_STOPPED = {
    "forth": "{name} is {status}; outofband backfill resume {name} lets it go on.",
    "back": "The way back of {name} is {status}; outofband backfill reverse {name} goes on.",
    None: "{name} is finished: nothing of it runs. Nothing was changed.",
}
_ASIDE = {
    "unit": "is not in quarantine, and no row of it was left out",
    "place": "is no host that holds units or is awaited",
}


class NotAside(NothingChanged):
    """What is to be given up was not put aside, or what is to be taken back was not given up."""


def stop(where: Where, name: str, status: Literal["paused", "cancelled"]) -> None:
    """Pause or cancel a backfill."""
    with one(where, name) as found:
        way = _orders(found).stop(status)
    click.echo(_STOPPED[way].format(name=name, status=status), err=True)


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
        (
            *(r["unit"], r["key"] or "", f"{r['at']:%Y-%m-%d %H:%M:%S%z}"),
            *(r["reason"], r["because"] or ""),
        )
        for r in rows
    )
    print_table(("UNIT", "ROW", "SINCE", "REASON", "GIVEN UP BECAUSE"), cells)
    given_up = sum(row["because"] is not None for row in rows)
    click.echo(f"{len(rows)} in quarantine, of these given up {given_up}", err=True)


def abandon(where: Where, name: str, unit: str | None, place: str | None, because: str) -> None:
    """Give up a unit or a host for good. Raises NotAside."""
    what, which = _part(unit, place)
    if not because.strip():
        raise Misuse(f"why {which} is given up is not told", do="Add --because 'WHY'")
    with one(where, name) as found:
        _require(_orders(found).abandon(what, which, because), which, name, _ASIDE[what])
    click.echo(
        f"{which} of {name} is given up; outofband backfill abandon {name} {_option(what, which)}"
        f" --undo takes that back. outofband apply --only {name} finishes what else there is.",
        err=True,
    )


def reclaim(where: Where, name: str, unit: str | None, place: str | None) -> None:
    """Take back that a unit or a host was given up. Raises NotAside."""
    what, which = _part(unit, place)
    with one(where, name) as found:
        _require(_orders(found).reclaim(what, which), which, name, "is not given up")
    click.echo(f"{which} of {name} is not given up any more; it is pending again.", err=True)


def _part(unit: str | None, place: str | None) -> tuple[Part, str]:
    if unit is not None and place is None:
        return "unit", unit
    if place is not None and unit is None:
        return "place", place
    raise Misuse("what is given up is not told", do="Name one: a UNIT, or a host with --place")


def _option(what: Part, which: str) -> str:
    return f"--place {shlex.quote(which)}" if what == "place" else shlex.quote(which)


def _require(count: int, which: str, name: str, why: str) -> None:
    if not count:
        do = f"outofband backfill quarantine {name} lists what was put aside, status the hosts"
        raise NotAside(f"{which} of {name} is as it was", why=f"it {why}", do=do)


def _orders(found: One) -> Orders:
    return Orders(found.session, found.name, found.step.spec)
