"""Printing of data to stdout: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
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
from outofband.runbook.show import about, document, summary, table_name
from outofband.runbook.show_backfill import words

_COLOURS = {
    State.VALID: "green",
    State.CONSTRAINT_OWNED: "green",
    State.INVALID: "red",
    State.INVALID_ENFORCING: "red",
    State.DIFFERENT: "red",
    State.NOT_PROVABLY_EQUAL: "red",
    State.BUILDING: "cyan",
    State.BUILDING_ELSEWHERE: "cyan",
    State.FINISHED: "green",
    State.RUNNING: "cyan",
    State.QUARANTINED: "red",
}
_PIPE_WIDTH = 200


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, indent=2))


def print_seen(
    seen: Seen, form: str, standings: Sequence[Standing], *, pending_only: bool = False
) -> None:
    """Print where steps stand, as JSON or as a table, and what is not known of them."""
    if form == "json":
        print_json(document(standings, seen.scope.wanted.incomplete, seen.ages))
        return
    _print_standings(standings, seen.ages, pending_only)
    warn_incomplete(seen.scope.wanted.incomplete)


def _print_standings(
    every: Sequence[Standing], ages: Mapping[str, timedelta], pending_only: bool
) -> None:
    """Print a line a step: what it is, its state, whether it is done, and what it waits for.

    The sentence that counts them all goes to stderr, also where only pending ones are listed.
    """
    listed = [s for s in every if not s.done] if pending_only else every
    headings = ("STEP", "KIND", "TABLE", "STATE", "DONE", "SINCE", "NOTE")
    print_table(headings, (_standing_cells(s, ages) for s in listed))
    click.echo(summary(every), err=True)


def _standing_cells(s: Standing, ages: Mapping[str, timedelta]) -> tuple[str | Text, ...]:
    return (
        s.step.name,
        s.step.kind.replace("_", " "),
        table_name(s.step),
        Text(s.state.words, style=_COLOURS.get(s.state, "default")),
        Text("yes", style="green") if s.done else Text("no", style="yellow"),
        s.revision,
        _note(s, ages),
    )


def print_table(headings: Iterable[str], rows: Iterable[Iterable[str | Text]]) -> None:
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
        print_table(headings, map(_journal_cells, rows))
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


def _note(standing: Standing, ages: Mapping[str, timedelta]) -> str:
    waits = f"waits for {', '.join(standing.waits_for)}" if standing.waits_for else ""
    age = timedelta() if standing.done else ages.get(standing.revision, timedelta())
    since = f"pending for up to {age.days} days" if age.days > 1 else ""
    facts = standing.sight.backfill
    far = words(facts) if facts and not standing.done else ""
    what = "" if standing.done else about(standing.step)
    return "; ".join(part for part in (what, far, waits or standing.sight.reason, since) if part)


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
