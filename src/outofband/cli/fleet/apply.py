"""``outofband apply --targets``: one runbook over a fleet, looked at first, agreed to once."""

from __future__ import annotations

from pathlib import Path

import click

from outofband.cli.fleet.account import FleetAccount
from outofband.cli.fleet.looks import look_around
from outofband.cli.fleet.output import print_table
from outofband.cli.fleet.plan import plan_of_all, show
from outofband.cli.fleet.targets import open_fleet
from outofband.cli.fleet.turns import Turns
from outofband.cli.go_ahead import confirm
from outofband.cli.options import Where
from outofband.cli.orders import Orders
from outofband.cli.run import forecast
from outofband.cli.screen import OperatorScreen
from outofband.runbook.fleet import DONE, PARTLY_DONE, REFUSED, UNKNOWN, combined_work

_IN_ALL = {
    REFUSED: "nothing was changed",
    PARTLY_DONE: "partly done, what is finished stays",
    UNKNOWN: "the state of some is unknown, what is finished stays",
}


def apply_to_fleet(where: Where, path: Path, orders: Orders) -> int:
    """Look at every target, show what is to be done, have it agreed to, and do it; return the exit
    status.

    Nothing that becomes of one target stops another.
    """
    fleet = open_fleet(where, path)
    following = orders.again(where, "--targets", str(path))
    told = orders.told(fleet.settings)
    account = FleetAccount(following, events=orders.events, command=told)
    screen = OperatorScreen(several=True)
    with account.of_errors():
        estimated, dedupes = forecast(orders, fleet.most.per_host), bool(orders.dealing.flags)
        looked = look_around(fleet, where, orders.only, estimated, dedupes=dedupes)
        show(looked, orders, screen)
        agreed = plan_of_all(looked)
        if agreed.steps:
            confirm(agreed, orders.dealing, orders.limits.accept, yes=orders.yes)
        endings = Turns(fleet, orders, screen, account, following).over(looked)
    status = combined_work((e.status for e in endings), acted=any(e.acted for e in endings))
    print_table([ending.line for ending in endings], err=True)
    flags = dict.fromkeys(flag for ending in endings for flag in ending.flags)
    goes_on = "" if status == DONE else " ".join([following, *flags])
    if goes_on:
        click.echo(f"outofband: {_IN_ALL[status]}. Next: {goes_on}", err=True)
    account.end([ending.line.ended() for ending in endings], status, goes_on)
    return status
