"""``outofband backfill estimate``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from outofband.backfill.estimate import Estimate, amount
from outofband.backfill.estimate import estimate as extrapolated
from outofband.backfill.sampling import samples
from outofband.backfill.spec import Spec
from outofband.backfill.truth import ask_briefly, listed
from outofband.cli.backfill_one import one
from outofband.cli.go_ahead import ask
from outofband.cli.options import Where
from outofband.cli.output import print_json
from outofband.errors import NothingChanged
from outofband.postgres.session import Session
from outofband.runbook.amount import size
from outofband.runbook.rate import duration


class NotEstimated(NothingChanged):
    """There is nothing by which a backfill could be estimated."""


def estimate(where: Where, name: str, form: str, *, yes: bool) -> None:
    """Print what all of a backfill takes. Raises NotEstimated."""
    with one(where, name) as found:
        spec = found.spec()
        click.echo(f"Trying batches of {name} on {found.project.source.describe()}", err=True)
        ask(agreed=yes)
        told = _estimated(found.session, spec, name)
    if form == "json":
        print_json({"name": name, **_entry(told)})
    else:
        for line in lines(told):
            click.echo(line)


def _estimated(session: Session, spec: Spec, name: str) -> Estimate:
    progress, units = ask_briefly(session, spec), listed(session, spec)
    left = amount(progress, units)
    if left is None:
        why = "neither its progress nor its units tell rows or bytes"
        raise NotEstimated(f"{name} cannot be estimated", why=why)
    if not left.count:
        raise NotEstimated(f"{name} cannot be estimated", why="nothing is left to do")
    told = extrapolated(left, tuple(samples(session, spec, units)))
    if told is None:
        raise NotEstimated(
            f"{name} cannot be estimated", why="no batch that was tried did anything"
        )
    return told


def lines(told: Estimate) -> list[str]:
    """Return an estimate in words."""
    of_bytes = told.amount.unit == "bytes"
    count = size(told.amount.count) if of_bytes else f"{told.amount.count:,} rows"
    rate = f"{size(int(told.per_second))}/s" if of_bytes else f"{told.per_second:,.0f} rows/s"
    times = f"{duration(told.shortest)} to {duration(told.longest)}"
    return [
        f"left {count}, at {rate} by {told.samples} batches",
        f"takes {duration(told.seconds)} ({times}) with one runner, without pauses",
        f"tables grow by about {size(told.grown)}, WAL about {size(told.wal)}",
    ]


def _entry(told: Estimate) -> dict[str, Any]:
    entry = asdict(told)
    left = entry.pop("amount")
    return {"left": left["count"], "unit": left["unit"], **entry}
