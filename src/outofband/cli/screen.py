"""Where the operator watches: live bars on a terminal, plain lines in a pipe or a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table

from outofband.cli.mute import is_unwritable, mute
from outofband.runbook.amount import size
from outofband.runbook.hand import Lag, Progress
from outofband.runbook.rate import Cost, Meter, Pace, Rate, duration
from outofband.runbook.waiting import described

_PLAIN_SECONDS = 10.0
_NOT_WORTH_A_LINE_SECONDS = 2.0
_BAR_WIDTH = 24
_FEW = 100


class _Console(Console):
    """A console that goes on where nobody reads it; rich's own ends the process with 1."""

    def on_broken_pipe(self) -> None:
        """Write nowhere from now on."""
        mute(self.file)


class OperatorScreen:
    """The runbook's Display on stderr.

    Several builds may be shown at once, from several threads; on a terminal they share its last
    lines, and with ``several`` every line that stays says of which it is. Where it cannot be
    written to any more, the work goes on without it.
    """

    def __init__(self, console: Console | None = None, *, several: bool = False) -> None:
        self._console = console or _Console(stderr=True, highlight=False)
        self._several = several
        self._lock = RLock()
        self._live: Live | None = None
        self._shown: dict[object, RenderableType] = {}
        self._kept: list[str] | None = None

    def say(self, line: str) -> None:
        """Tell something that stays on the screen."""
        self._print(escape(line))

    def show_secret(self, line: str) -> None:
        """Tell something that holds data of rows, if a person is looking.

        The console itself believes FORCE_COLOR, which CI sets for its logs.
        """
        if self._console.file.isatty():
            self.say(line)

    def statement(self, sql: str) -> None:
        """Show a statement as it is sent."""
        self._print(f"[cyan]{escape(sql)}[/cyan]")

    def _print(self, shown: str) -> None:
        if self._kept is not None:
            self._kept.append(shown)
            return
        with self._written():
            self._console.print(shown, soft_wrap=True)

    @contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if not is_unwritable(error):
                raise
            mute(self._console.file)

    @contextmanager
    def counting(self, what: str, of: int) -> Iterator[Callable[[int], None]]:
        """Show how far a count is while the block runs: as a bar on a terminal, else as a line
        every ten seconds.
        """
        said = [time.monotonic()]
        with self._row() as draw:

            def count(done: int) -> None:
                line = f"{done:,} of {of:,} {what}"
                if self._console.is_terminal:
                    draw(_row(line, done / max(of, 1)))
                elif time.monotonic() - said[0] >= _PLAIN_SECONDS:
                    said[0] = time.monotonic()
                    self.say(f"  {line}")

            yield count

    @contextmanager
    def showing(
        self, what: str, done: str = "done in", failed: str = "failed after"
    ) -> Iterator[Callable[[Progress], None]]:
        """Show progress while the block runs, and tell how long it took, in these words."""
        started = time.monotonic()
        shown = self._bars if self._console.is_terminal else self._lines
        ended = failed
        try:
            with shown(what) as show:
                yield show
            ended = done
        finally:
            whose = f"{what}: " if self._several else ""
            self.say(f"  {whose}{ended} {duration(time.monotonic() - started)}")

    @contextmanager
    def drawing(self) -> Iterator[Callable[[RenderableType], None]]:
        """Keep what is drawn among the terminal's last lines while the block runs; a pipe gets none
        of it.
        """
        if not self._console.is_terminal:
            yield lambda _: None
            return
        with self._row() as draw:
            yield draw

    def put_away(self) -> None:
        """Give the terminal back, in the middle of whatever is shown; it is drawn anew after."""
        with self._lock, self._written():
            if self._live is not None:
                self._live.stop()
                self._live = None

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Leave the terminal to a question while the block runs: nothing is drawn, and what is
        told meanwhile comes after it.
        """
        self.put_away()
        self._kept = []
        try:
            yield
        finally:
            kept, self._kept = self._kept, None
            for line in kept:
                self._print(line)

    @contextmanager
    def _bars(self, what: str) -> Iterator[Callable[[Progress], None]]:
        rate, meter, started = Rate(), Meter(), time.monotonic()
        with self._row() as draw:

            def show(progress: Progress) -> None:
                now = time.monotonic()
                cost = meter.at(now, progress.burden) if progress.burden else None
                draw(_bar(what, progress, rate.at(now, progress), cost, now - started))

            yield show

    @contextmanager
    def _lines(self, what: str) -> Iterator[Callable[[Progress], None]]:
        rate, meter, said = Rate(), Meter(), [("", -_PLAIN_SECONDS)]
        started = time.monotonic()

        def show(progress: Progress) -> None:
            now = time.monotonic()
            pace = rate.at(now, progress)
            cost = meter.at(now, progress.burden) if progress.burden else None
            phase, when = said[0]
            if now - started < _NOT_WORTH_A_LINE_SECONDS:
                return
            if progress.phase != phase or now - when >= _PLAIN_SECONDS:
                said[0] = (progress.phase, now)
                self.say(f"  {what}: {progress_line(progress, pace, cost)}")

        yield show

    @contextmanager
    def _row(self) -> Iterator[Callable[[RenderableType], None]]:
        """Keep a place among the terminal's last lines while the block runs."""
        row = object()

        def draw(shown: RenderableType) -> None:
            with self._lock:
                self._shown[row] = shown
                self._redraw()

        try:
            yield draw
        finally:
            with self._lock:
                self._shown.pop(row, None)
                self._redraw()

    def _redraw(self) -> None:
        if not self._shown or self._kept is not None:
            self.put_away()
            return
        with self._written():
            if self._live is None:
                self._live = Live(console=self._console, transient=True, auto_refresh=False)
                self._live.start()
            self._live.update(Group(*self._shown.values()), refresh=True)


def _bar(
    what: str, progress: Progress, pace: Pace, cost: Cost | None, elapsed: float
) -> RenderableType:
    row = _row(phase_line(progress, pace), progress.fraction or 0)
    lines = [f"  waits for {escape(described(blocker))}" for blocker in progress.waits_for]
    lines += [f"  [dim]{escape(cost_line(cost))}[/dim]"] if cost else []
    return Group(f"{escape(what)} [dim]{duration(elapsed)}[/dim]", row, *lines)


def _row(line: str, fraction: float) -> Table:
    row = Table.grid(padding=(0, 1))
    row.add_row(ProgressBar(total=1, completed=fraction, width=_BAR_WIDTH), escape(line))
    return row


def progress_line(progress: Progress, pace: Pace, cost: Cost | None = None) -> str:
    """Return one look as words: phase, percent, rate, time left, whom it waits for, its cost."""
    waits = "; ".join(map(described, progress.waits_for))
    parts = [phase_line(progress, pace), f"waits for {waits}" if waits else ""]
    parts += [cost_line(cost)] if cost else []
    return ", ".join(part for part in parts if part)


def phase_line(progress: Progress, pace: Pace) -> str:
    """Return phase, percent, rate and the time left of the phase."""
    parts = [progress.phase]
    if progress.fraction is not None:
        few = progress.total < _FEW
        done = f"{progress.done:,}" if few else f"{progress.fraction:.0%}"
        parts.append(f"{done} of {progress.total:,} {progress.unit}")
    if pace.per_second is not None:
        parts.append(f"{pace.per_second:,.0f} {progress.unit}/s")
    if pace.seconds_left is not None:
        parts.append(f"{duration(pace.seconds_left)} left")
    return ", ".join(parts)


def cost_line(cost: Cost) -> str:
    """Return what the build costs everybody else: vacuum held back, WAL, the farthest replica."""
    parts = [f"{size(cost.wal_bytes)} of WAL since it began"]
    if cost.held_seconds or cost.held_transactions:
        held = f"{duration(cost.held_seconds)}, {cost.held_transactions:,} transactions"
        parts.insert(0, f"holds back vacuum ({held})")
    return ", ".join(parts + ([_lag(cost.lag)] if cost.lag else []))


def _lag(lag: Lag) -> str:
    if lag.bytes is None:
        return f"{lag.name} lags, how far is hidden from this role"
    seconds = f", {duration(lag.seconds)}" if lag.seconds else ""
    return f"{lag.name} lags {size(lag.bytes)}{seconds}"


def is_interactive() -> bool:
    """Tell whether somebody is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()
