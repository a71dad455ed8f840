"""SIGTERM and Ctrl-C while steps run: leave the builds to the server, cancel them, or go on."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import Event
from typing import Any, Protocol

import click

from outofband.cli.mute import mute
from outofband.cli.screen import OperatorScreen, is_interactive

PARTLY_DONE = 4
_QUESTION = "Detach (the server goes on), cancel and clean up, or go on?"
_ANSWERS = ("detach", "cancel", "go-on")


class Interruptible(Protocol):
    """A session, as far as a signal is concerned."""

    def cancel(self) -> None:
        """Cancel what it runs."""
        ...

    def leave(self) -> str:
        """Prepare for the end of this process; return what the server goes on with."""
        ...


class Interruption:
    """What signals mean to a run: of these ``sessions``, and ``stopped`` where it is cancelled.

    ``before_leaving`` is told what the server goes on with, when this process leaves it.
    """

    def __init__(
        self,
        screen: OperatorScreen,
        sessions: Iterable[Interruptible],
        stopped: Event,
        again: str,
        before_leaving: Callable[[tuple[str, ...]], None] = lambda _: None,
    ) -> None:
        self._screen, self._sessions, self._stopped = screen, sessions, stopped
        self._again, self._before_leaving = again, before_leaving

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Heed signals while the block runs. What nohup ignores stays ignored."""
        meant = {
            signal.SIGTERM: self._detach,
            signal.SIGHUP: self._detach,
            signal.SIGINT: self._interrupted,
        }
        before = {number: signal.getsignal(number) for number in meant}
        heeded = [number for number in meant if before[number] is not signal.SIG_IGN]
        for number in heeded:
            signal.signal(number, meant[number])
        try:
            yield
        finally:
            for number in heeded:
                signal.signal(number, before[number])

    def _interrupted(self, *_: Any) -> None:
        match self._ask() if is_interactive() else "detach":
            case "detach":
                self._detach()
            case "cancel":
                self._stopped.set()
                for session in self._sessions:
                    session.cancel()

    def _ask(self) -> str:
        signal.signal(signal.SIGINT, self._detach)
        try:
            with self._screen.asking():
                choices = click.Choice(_ANSWERS)
                answer: str = click.prompt(_QUESTION, type=choices, default="detach", err=True)
        except click.Abort:
            return "detach"
        finally:
            signal.signal(signal.SIGINT, self._interrupted)
        return answer

    def _detach(self, *_: Any) -> None:
        self._screen.put_away()
        running = tuple(sql for session in self._sessions if (sql := session.leave()))
        said = "detached; to follow it" if running else "stopped, what is done stays; to go on"
        told = [f"the server goes on with: {sql}" for sql in running]
        try:
            for line in (*told, f"{said}, run: {self._again}"):
                click.echo(f"outofband: {line}", err=True)
        except OSError:  # the terminal has gone
            mute(sys.stderr)
        self._before_leaving(running)
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        # Threads that wait for builds would keep an orderly exit until these are over.
        os._exit(PARTLY_DONE)
