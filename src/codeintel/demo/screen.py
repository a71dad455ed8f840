"""What is shown: acts, the commands with their own output, figures of the traffic, tables.

A terminal gets colours, bars and a live line; a pipe gets plain lines.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from codeintel.demo.figures import Figures, between, figures, of_kinds, reads
from codeintel.demo.log import UPLOAD, Follower

_PLAIN_WIDTH = 100
_NAME_WIDTH, _VALUE_WIDTH = 40, 12
_WINDOW = 3.0
_LIVE_SECONDS = 0.5
_PLAIN_SECONDS = 5.0


class Screen:
    """Standard output, for people."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        if not self._console.is_terminal:
            self._console.width = _PLAIN_WIDTH
        self._started = time.monotonic()
        self._acts: list[tuple[str, float]] = []

    def title(self, text: str) -> None:
        """Show what this is."""
        self._console.print(Text(text, style="bold"), soft_wrap=True)

    def act(self, heading: str, story: str) -> None:
        """Begin an act: its number, the time since the beginning, what happened in it then."""
        elapsed = time.monotonic() - self._started
        self._acts.append((heading, elapsed))
        number = len(self._acts)
        title = f"[bold]{number}. {escape(heading)}[/bold]  [dim]after {elapsed:.0f} s[/dim]"
        self._console.print()
        self._console.print(Rule(title, align="left"))
        self.say(story, style="italic")

    def seconds_of_acts(self) -> list[tuple[int, str, float]]:
        """Return number, heading and seconds of every act that is over."""
        pairs = itertools.pairwise(self._acts)
        return [
            (n, heading, end - start) for n, ((heading, start), (_, end)) in enumerate(pairs, 1)
        ]

    def say(self, text: str, style: str = "") -> None:
        """Tell something in words."""
        self._console.print(Text(text, style=style))

    def aside(self, text: str) -> None:
        """Tell something of less weight."""
        self.say(text, style="dim")

    def command(self, *words: str) -> None:
        """Show a command as it is typed."""
        self._console.print(Text(f"$ {' '.join(words)}", style="bold cyan"), soft_wrap=True)

    def statement(self, sql: str) -> None:
        """Show a statement as it is typed into psql."""
        self._console.print(Text(f"=> {sql};", style="bold cyan"), soft_wrap=True)

    def output(self, line: str) -> None:
        """Show a line of a program's output; a terminal gets it wrapped, a pipe whole."""
        gutter = Text("│ ", "dim")
        width = self._console.width - len(gutter) if self._console.is_terminal else len(line)
        for part in Text(line).wrap(self._console, max(1, width)) or [Text()]:
            self._console.print(gutter + part, soft_wrap=True)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Show a table whose first column is words and the others are numbers."""
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for number, heading in enumerate(headings):
            table.add_column(heading, justify="right" if number else "left", no_wrap=True)
        for row in rows:
            table.add_row(*map(escape, row))
        self._console.print(table)

    def pairs(self, rows: Iterable[tuple[str, str]], style: str = "") -> None:
        """Show names with one value each."""
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(min_width=_NAME_WIDTH)
        table.add_column(justify="right", min_width=_VALUE_WIDTH, style=style)
        for row in rows:
            table.add_row(*map(escape, row))
        self._console.print()
        self._console.print(table)

    @contextmanager
    def counting(self, what: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
        """Show a bar on a terminal while the block counts up to ``total``."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TaskProgressColumn(show_speed=True),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} " + unit),
        )
        bars = Progress(
            *columns,
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        with bars:
            task = bars.add_task(escape(what), total=total)
            yield lambda more: bars.advance(task, more)

    @contextmanager
    def following(self, log: Follower) -> Iterator[None]:
        """Show the figures of the last seconds of traffic while the block runs."""
        over = threading.Event()
        with Live(console=self._console, transient=True, auto_refresh=False) as live:
            follow = threading.Thread(target=self._follow, args=(log, live, over), daemon=True)
            follow.start()
            try:
                yield
            finally:
                over.set()
                follow.join()

    def _follow(self, log: Follower, live: Live, over: threading.Event) -> None:
        terminal = self._console.is_terminal
        while not over.wait(_LIVE_SECONDS if terminal else _PLAIN_SECONDS):
            line = Text(f"  {_recent(log)}", style="green")
            if terminal:
                live.update(line, refresh=True)
            else:
                self._console.print(line, soft_wrap=True)


def _recent(log: Follower) -> str:
    now = time.monotonic()
    recent = between(log.requests(), now - _WINDOW, now)
    uploads = len(of_kinds(recent, UPLOAD))
    return f"traffic: {told(figures(reads(recent)))}, {uploads} uploads (last {_WINDOW:.0f} s)"


def told(of: Figures) -> str:
    """Return figures of reads as one clause."""
    words = f"{of.count} reads, p50 {milliseconds(of.p50)}, p95 {milliseconds(of.p95)}"
    return f"{words}, {of.failed} failed, {of.wrong} wrong" if of.failed or of.wrong else words


def milliseconds(seconds: float) -> str:
    """Return a duration as it is told everywhere here: 0.21 ms, 3.4 ms, 187 ms; or a dash."""
    if math.isnan(seconds):
        return "–"
    amount = seconds * 1000
    digits = 0 if amount >= 100 else 1 if amount >= 1 else 2
    return f"{amount:,.{digits}f} ms"


def megabytes(count: int) -> str:
    """Return bytes in units of 1024 * 1024."""
    amount = count / 1024**2
    return f"{amount:,.0f} MB" if amount >= 10 else f"{amount:.1f} MB"
