"""``outofband backfill verify``."""

from __future__ import annotations

import click

from outofband.backfill.truth import verified
from outofband.cli.backfill_one import one
from outofband.cli.options import Where
from outofband.cli.output import print_json

WRONG = 6


def verify(where: Where, name: str, form: str) -> int:
    """Print what is wrong, a line each, and return the exit status."""
    with one(where, name) as found:
        wrong = verified(found.session, found.spec())
    if form == "json":
        print_json({"name": name, "wrong": list(wrong)})
    else:
        for line in wrong:
            click.echo(line)
        click.echo(f"{name}: {len(wrong) or 'nothing'} wrong", err=True)
    return WRONG if wrong else 0
