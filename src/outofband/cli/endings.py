"""How the steps of a run ended, for people, and what that comes to."""

from __future__ import annotations

from collections.abc import Sequence

import click

from outofband.cli.account import DONE, PARTLY_DONE, REFUSED
from outofband.errors import sentence
from outofband.runbook.ending import End, Ending
from outofband.runbook.show import deed


def ending_lines(endings: Sequence[Ending]) -> list[str]:
    """Return how each step ended, and what to do about it."""
    told = []
    for ending in endings:
        line = f"{ending.end.value:8} {deed(ending.planned)} {ending.planned.step.name}"
        told.append(": ".join(part for part in (line, ending.why) if part))
        told += [f"         {sentence(ending.do)}"] if ending.do else []
    return told


def report(endings: Sequence[Ending], again: str) -> int:
    """Say how each step ended and which command goes on; return the exit status."""
    for line in ending_lines(endings):
        click.echo(line, err=True)
    if all(e.end is End.DONE for e in endings):
        return DONE
    flags = dict.fromkeys(flag for e in endings for flag in e.flags)
    command = " ".join([again, *flags])
    if any(e.acted or e.end is End.DONE for e in endings):
        click.echo(f"outofband: partly done, what is finished stays. Next: {command}", err=True)
        return PARTLY_DONE
    click.echo(f"outofband: nothing was changed. Next: {command}", err=True)
    return REFUSED
