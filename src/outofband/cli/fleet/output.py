"""How a fleet stands: a line a target for people, one document for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from outofband.catalog.standing import Standing
from outofband.cli.fleet.looks import Looked
from outofband.cli.fleet.targets import FleetTarget
from outofband.cli.output import print_json
from outofband.errors import OutofbandError, sentence
from outofband.runbook.fleet import TargetState, counted
from outofband.runbook.show import document

COLOURS = {
    TargetState.DONE: "green",
    TargetState.PENDING: "yellow",
    TargetState.WORKING: "cyan",
    TargetState.WRONG: "red",
    TargetState.REFUSED: "red",
    TargetState.PARTLY_DONE: "red",
    TargetState.UNKNOWN: "red",
}
_PIPE_WIDTH = 200
_NAMED = 3


@dataclass(frozen=True, slots=True)
class TargetLine:
    """What is told of one target: where it stands, the steps that are not done, and what to do."""

    target: FleetTarget
    state: TargetState
    note: str = ""
    do: str = ""
    document: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return what ``--format json`` prints of it."""
        return {**self._place(), **self.document}

    def ended(self) -> dict[str, Any]:
        """Return what the end of a run over all of them tells of it."""
        return {**self._place(), "why": self.note, "do": self.do}

    def _place(self) -> dict[str, Any]:
        return {
            "target": self.target.name,
            "database": str(self.target.where),
            "schema": self.target.schema,
            "state": self.state.value,
        }


def line_of_error(target: FleetTarget, error: OutofbandError) -> TargetLine:
    """Tell of a target that could not be looked at."""
    told = {"id": error.id, "what": error.what, "why": error.why, "do": error.do}
    return TargetLine(target, TargetState.UNKNOWN, error.what_and_why, error.do, {"error": told})


def line_of(looked: Looked, standings: Sequence[Standing], state: TargetState) -> TargetLine:
    """Tell of a target that was looked at, as far as ``standings`` go."""
    assert looked.seen is not None
    told = document(standings, looked.seen.scope.wanted.incomplete, looked.seen.ages)
    return TargetLine(looked.target, state, pending_note(standings), document=told)


def pending_note(standings: Iterable[Standing]) -> str:
    """Name the first steps that are not done, and count the others."""
    pending = (s for s in standings if not s.done)
    return named([f"{s.step.name} {s.state.words}" for s in pending])


def named(words: Sequence[str]) -> str:
    """Return the first of them, and how many more there are."""
    more = len(words) - _NAMED
    return ", ".join(words[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def print_lines(lines: Sequence[TargetLine], form: str) -> None:
    """Print where each target stands on stdout, and for people what it comes to on stderr."""
    if form == "json":
        print_json({"targets": [line.as_json() for line in lines]})
    else:
        print_table(lines)


def print_table(lines: Sequence[TargetLine], *, err: bool = False) -> None:
    """Print the table of states, on stderr with ``err``, and on stderr what it comes to."""
    console = Console(highlight=False, stderr=err)
    if not console.is_terminal:
        console = Console(highlight=False, stderr=err, width=_PIPE_WIDTH)
    with console.capture() as captured:
        console.print(table(lines))
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()), err=err)
    tell(lines)


def tell(lines: Sequence[TargetLine]) -> None:
    """Say on stderr how many targets stand where, and what to do about each kind of trouble."""
    click.echo(counted(line.state for line in lines), err=True)
    advice: dict[str, list[str]] = {}
    for line in lines:
        if line.do:
            advice.setdefault(line.do, []).append(line.target.name)
    for do, names in advice.items():
        click.echo(f"{named(names)}: {sentence(do)}", err=True)


def table(lines: Iterable[TargetLine]) -> Table:
    """Return the table of states."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("TARGET", "DATABASE", "STATE", "NOTE"):
        made.add_column(heading, overflow="fold")
    for line in lines:
        colour = COLOURS.get(line.state, "default")
        made.add_row(
            escape(line.target.name),
            escape(line.target.place),
            f"[{colour}]{line.state.value.replace('_', ' ')}[/{colour}]",
            escape(line.note),
        )
    return made
