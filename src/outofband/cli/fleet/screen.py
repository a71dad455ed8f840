"""Where the operator watches a fleet: every line names its target; on a terminal the states of all
stay in sight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock

from rich.console import Group, RenderableType
from rich.text import Text

from outofband.cli.fleet.output import TargetLine, table
from outofband.cli.fleet.targets import FleetTarget
from outofband.cli.screen import OperatorScreen
from outofband.runbook.fleet import TargetState, counted
from outofband.runbook.hand import Progress

_ROWS = 12
_FIRST = (TargetState.WORKING, TargetState.UNKNOWN, TargetState.REFUSED, TargetState.PARTLY_DONE)


class TargetScreen:
    """The screen of one target's work: that of all, each line with the target's name."""

    def __init__(self, screen: OperatorScreen, target: FleetTarget) -> None:
        self._screen, self._name = screen, target.name

    def say(self, line: str) -> None:
        """Tell something that stays on the screen."""
        self._screen.say(f"{self._name}: {line}")

    def show_secret(self, line: str) -> None:
        """Tell something that holds data of rows: on a terminal only."""
        self._screen.show_secret(f"{self._name}: {line}")

    def statement(self, sql: str) -> None:
        """Show a statement as it is sent."""
        self._screen.statement(f"{self._name}: {sql}")

    def counting(self, what: str, of: int) -> AbstractContextManager[Callable[[int], None]]:
        """Show how many of so many are done while the block lasts."""
        return self._screen.counting(f"{what} ({self._name})", of)

    def showing(
        self, what: str, done: str = "done in", failed: str = "failed after"
    ) -> AbstractContextManager[Callable[[Progress], None]]:
        """Show progress while the block lasts."""
        return self._screen.showing(f"{self._name}: {what}", done, failed)


class FleetBoard:
    """The states of all targets, as they change."""

    def __init__(self, lines: Iterable[TargetLine], draw: Callable[[RenderableType], None]) -> None:
        self._lines = {line.target.name: line for line in lines}
        self._draw, self._lock = draw, Lock()
        self._draw(self._shown())

    def set(self, line: TargetLine) -> None:
        """Show where a target stands now."""
        with self._lock:
            self._lines[line.target.name] = line
            self._draw(self._shown())

    @property
    def lines(self) -> tuple[TargetLine, ...]:
        """Where all of them stand, in the file's order."""
        return tuple(self._lines.values())

    def _shown(self) -> RenderableType:
        """Return as many as fit: those at work first, then what went wrong, then the others."""
        lines = sorted(self._lines.values(), key=_rank)
        more = len(lines) - _ROWS
        told = counted(line.state for line in lines)
        tail = f"and {more} more; {told}" if more > 0 else told
        return Group(table(lines[:_ROWS]), Text(tail, style="dim"))


def _rank(line: TargetLine) -> int:
    return _FIRST.index(line.state) if line.state in _FIRST else len(_FIRST)


@contextmanager
def board(screen: OperatorScreen, lines: Iterable[TargetLine]) -> Iterator[FleetBoard]:
    """Keep the table of states in sight while the block runs."""
    with screen.drawing() as draw:
        yield FleetBoard(lines, draw)
