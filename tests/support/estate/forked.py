"""Processes of the command lines, forked from one that has imported everything.

Each begins a second earlier, and dies like any other.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from pathlib import Path

from faults.scene import PATIENCE_SECONDS, Run

_TICK_SECONDS = 0.5
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["__main__", "estate.imported"])


class Forked(Run):
    """One process of the command line."""

    def __init__(self, words: list[str], folder: Path, log: Path) -> None:
        self._log = log
        log.touch()
        self._process = _CONTEXT.Process(target=_run, args=(words, folder, log), daemon=True)
        self._process.start()

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, how)
        self._process.join(PATIENCE_SECONDS)

    def status(self) -> int:
        # In ticks: while this machine stops us as well, the patience does not run out.
        for _ in range(round(2 * PATIENCE_SECONDS / _TICK_SECONDS)):
            self._process.join(_TICK_SECONDS)
            if self._process.exitcode is not None:
                return self._process.exitcode
        self._process.kill()
        raise AssertionError(f"it did not end:\n{self.said}")


def _run(words: list[str], folder: Path, log: Path) -> None:
    """Become a command, as far as it can tell."""
    said = os.open(log, os.O_WRONLY | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(said, stream)
    os.chdir(folder)
    os.environ["PGAPPNAME"] = "outofband deploy"
    sys.argv = words
    if words[0] == "alembic":
        from alembic.config import main

        main(words[1:])
    else:
        from outofband.cli.main import command

        command()
