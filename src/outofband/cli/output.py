"""Printing of data to stdout: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from outofband.catalog.reader import Row
from outofband.catalog.standing import Standing
from outofband.cli.project import Seen
from outofband.model.state import State
from outofband.runbook.rate import duration
from outofband.runbook.show import document, summary, table_name

_COLOURS = {
    State.VALID: "green",
    State.CONSTRAINT_OWNED: "green",
    State.INVALID: "red",
    State.INVALID_ENFORCING: "red",
    State.DIFFERENT: "red",
    State.NOT_PROVABLY_EQUAL: "red",
    State.BUILDING: "cyan",
    State.BUILDING_ELSEWHERE: "cyan",
}
_PIPE_WIDTH = 200


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, indent=2))


def print_seen(seen: Seen, form: str, *, pending_only: bool = False) -> None:
    """Print where the wanted steps stand, as JSON or as a table, and what is not known of them."""
    if form == "json":
        print_json(document(seen.view.standings, seen.scope.wanted.incomplete))
        return
    _print_standings(seen.view.standings, pending_only)
    warn_incomplete(seen.scope.wanted.incomplete)


def _print_standings(standings: Iterable[Standing], pending_only: bool) -> None:
    """Print a line a step: what it is, its state, whether it is done, and what it waits for.

    The sentence that counts them all goes to stderr, also where only pending ones are listed.
    """
    every = list(standings)
    listed = [s for s in every if not s.done] if pending_only else every
    headings = ("STEP", "KIND", "TABLE", "STATE", "DONE", "SINCE", "NOTE")
    _print_table(headings, map(_standing_cells, listed))
    click.echo(summary(every), err=True)


def _standing_cells(s: Standing) -> tuple[str | Text, ...]:
    return (
        s.step.name,
        s.step.kind.replace("_", " "),
        table_name(s.step),
        Text(s.state.value.replace("_", " "), style=_COLOURS.get(s.state, "default")),
        Text("yes", style="green") if s.done else Text("no", style="yellow"),
        s.revision,
        _note(s),
    )


def _print_table(headings: Iterable[str], rows: Iterable[Iterable[str | Text]]) -> None:
    """Print rows in columns on stdout, nothing where there are none."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PIPE_WIDTH)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    if not table.row_count:
        return
    with console.capture() as captured:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def print_journal(rows: Sequence[Row] | None, form: str) -> None:
    """Print lines of the journal, as JSON or as a table."""
    if form == "json":
        print_json({"journal": [{**row, "at": row["at"].isoformat()} for row in rows or ()]})
    elif rows:
        headings = ("AT", "ROLE", "STEP", "TABLE", "WHAT", "TOOK", "WAITED", "SQLSTATES", "WHY")
        _print_table(headings, map(_journal_cells, rows))
    if not rows:
        click.echo("The journal is empty." if rows is not None else "No journal is here.", err=True)


def _journal_cells(row: Row) -> tuple[str, ...]:
    waited = sum(phase["waited_seconds"] for phase in row["phases"] or ())
    return (
        f"{row['at']:%Y-%m-%d %H:%M:%S%z}",
        row["role"],
        row["step"],
        row["table_name"],
        row["outcome"] or row["event"],
        "" if row["seconds"] is None else duration(row["seconds"]),
        duration(waited) if waited else "",
        " ".join(row["sqlstates"] or ()),
        row["why"] or "",
    )


def _note(standing: Standing) -> str:
    if standing.waits_for:
        return f"waits for {', '.join(standing.waits_for)}"
    return standing.sight.reason


def warn_incomplete(revisions: Iterable[str]) -> None:
    """Say which applied revisions could not be rendered, so that more may be wanted than is
    listed.
    """
    for revision in revisions:
        click.echo(
            f"outofband: revision {revision} could not be rendered; what it declares beyond its "
            "literal operations is not listed. outofband lint says why.",
            err=True,
        )
