"""Where the operator watches: live bars on a terminal, plain lines in a pipe or a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table

from outofband.postgres.monitor import watching
from outofband.postgres.source import Source
from outofband.runbook.hand import Progress
from outofband.runbook.rate import Pace, Rate

_PLAIN_SECONDS = 10.0
_BAR_WIDTH = 24


class OperatorScreen:
    """The runbook's Screen on stderr."""

    def __init__(self, source: Source, console: Console | None = None) -> None:
        self._source = source
        self._console = console or Console(stderr=True, highlight=False)

    def say(self, line: str) -> None:
        """Tell something that stays on the screen."""
        self._console.print(escape(line), soft_wrap=True)

    def show_secret(self, line: str) -> None:
        """Tell something that holds data of rows, if a person is looking.

        The console itself believes FORCE_COLOR, which CI sets for its logs.
        """
        if self._console.file.isatty():
            self.say(line)

    def statement(self, sql: str) -> None:
        """Show a statement as it is sent."""
        self._console.print(f"[cyan]{escape(sql)}[/cyan]", soft_wrap=True)

    @contextmanager
    def counting(self, what: str, of: int) -> Iterator[Callable[[int], None]]:
        """Show how far a count is while the block runs: as a bar on a terminal, else as a line
        every ten seconds.
        """
        said = [time.monotonic()]
        with Live(console=self._console, transient=True, auto_refresh=False) as live:

            def count(done: int) -> None:
                line = f"{done:,} of {of:,} {what}"
                if self._console.is_terminal:
                    live.update(_row(line, done / max(of, 1)), refresh=True)
                elif time.monotonic() - said[0] >= _PLAIN_SECONDS:
                    said[0] = time.monotonic()
                    self.say(f"  {line}")

            yield count

    @contextmanager
    def watching(self, what: str, pid: int) -> Iterator[None]:
        """Show the progress of a server process while the block runs."""
        started = time.monotonic()
        shown = self._bars if self._console.is_terminal else self._lines
        ended = "failed after"
        try:
            with shown(what) as show, watching(self._source, pid, show):
                yield
            ended = "done in"
        finally:
            self.say(f"  {ended} {duration(time.monotonic() - started)}")

    @contextmanager
    def _bars(self, what: str) -> Iterator[Callable[[Progress], None]]:
        rate, started = Rate(), time.monotonic()
        with Live(console=self._console, transient=True, refresh_per_second=8) as live:

            def show(progress: Progress) -> None:
                now = time.monotonic()
                live.update(_bar(what, progress, rate.at(now, progress), now - started))

            yield show

    @contextmanager
    def _lines(self, what: str) -> Iterator[Callable[[Progress], None]]:
        rate, said = Rate(), [("", -_PLAIN_SECONDS)]

        def show(progress: Progress) -> None:
            now = time.monotonic()
            pace = rate.at(now, progress)
            phase, when = said[0]
            if progress.phase != phase or now - when >= _PLAIN_SECONDS:
                said[0] = (progress.phase, now)
                self.say(f"  {what}: {progress_line(progress, pace)}")

        yield show


def _bar(what: str, progress: Progress, pace: Pace, elapsed: float) -> Group:
    row = _row(phase_line(progress, pace), progress.fraction or 0)
    waits = (f"  waits for {escape(str(blocker))}" for blocker in progress.waits_for)
    return Group(f"{escape(what)} [dim]{duration(elapsed)}[/dim]", row, *waits)


def _row(line: str, fraction: float) -> Table:
    row = Table.grid(padding=(0, 1))
    row.add_row(ProgressBar(total=1, completed=fraction, width=_BAR_WIDTH), escape(line))
    return row


def progress_line(progress: Progress, pace: Pace) -> str:
    """Return one look as words: phase, percent, rate, time left, whom it waits for."""
    waits = "; ".join(map(str, progress.waits_for))
    return phase_line(progress, pace) + (f", waits for {waits}" if waits else "")


def phase_line(progress: Progress, pace: Pace) -> str:
    """Return phase, percent, rate and the time left of the phase."""
    parts = [progress.phase]
    if progress.fraction is not None:
        parts.append(f"{progress.fraction:.0%} of {progress.total:,} {progress.unit}")
    if pace.per_second is not None:
        parts.append(f"{pace.per_second:,.0f} {progress.unit}/s")
    if pace.seconds_left is not None:
        parts.append(f"{duration(pace.seconds_left)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Return a duration for people: 0.4 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def is_interactive() -> bool:
    """Tell whether somebody is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()
