"""What every act works with."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from codeintel.demo.attendant import Traffic
from codeintel.demo.failure import ActFailed
from codeintel.demo.figures import between
from codeintel.demo.log import Request
from codeintel.demo.screen import Screen
from codeintel.demo.stage import CHECKOUT, Stage


@dataclass(frozen=True, slots=True)
class Run:
    """A command that has ended: its status, its lines, and its first and last moment (monotonic
    seconds).
    """

    status: int
    lines: tuple[str, ...]
    started: float
    ended: float

    def tells(self, words: str) -> bool:
        """Tell whether a line has these words."""
        return any(words in line for line in self.lines)


@dataclass(frozen=True, slots=True)
class Scene:
    """The stage, the screen, and how many ``seconds`` steady traffic is measured."""

    stage: Stage
    screen: Screen
    seconds: float

    def run(self, *words: str, expected: Collection[int], folder: Path = CHECKOUT) -> Run:
        """Run a command of the project and show it.

        Raises ActFailed when its exit status is none of those expected.
        """
        lines: list[str] = []

        def show(line: str) -> None:
            lines.append(line)
            self.screen.output(line)

        self.screen.command(*words)
        started = time.monotonic()
        status = self.stage.run(words, folder, show)
        run = Run(status, tuple(lines), started, time.monotonic())
        if status not in expected:
            raise ActFailed(
                f"{' '.join(words)} ended with exit status {status}",
                why=f"the demonstration expects {' or '.join(map(str, sorted(expected)))}",
                do="Read what it says above",
            )
        self.screen.aside(f"exit status {status}, {run.ended - run.started:.1f} s")
        return run


def since(traffic: Traffic, moment: float) -> list[Request]:
    """Return the requests that have ended since a moment; raises ActFailed without traffic."""
    if not traffic.runs:
        raise ActFailed(
            "the traffic has ended too soon",
            why="its process died",
            do="Read what it said above",
        )
    return between(traffic.log.requests(), moment, time.monotonic())
