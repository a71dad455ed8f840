"""Run the operator's command when a run is over; whatever becomes of it is told and no more."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from outofband.errors import Misuse

SECONDS = 30.0


class NotifyWrong(Misuse):
    """The command of ``notify`` cannot be read."""


def words(command: str) -> list[str]:
    """Cut a command as a shell would, which none is asked to; raises NotifyWrong."""
    try:
        found = shlex.split(command)
    except ValueError as error:
        raise NotifyWrong("notify", why=str(error), do="Correct the command") from None
    if not found:
        raise NotifyWrong("notify", why="there is no command in it", do="Name one")
    return found


def notify(command: str, summary: Mapping[str, Any], seconds: float = SECONDS) -> str:
    """Run a command with the summary as JSON on stdin; return what went wrong, empty for nothing.

    It gets our stderr for all it prints, and ``seconds`` of time; what it starts is ended with it.
    """
    told = words(command)
    try:
        child = subprocess.Popen(
            told, stdin=subprocess.PIPE, stdout=sys.stderr.fileno(), start_new_session=True
        )
    except OSError as error:
        return f"notify: {told[0]} could not be run: {error.strerror}"
    try:
        child.communicate(json.dumps(summary).encode(), timeout=seconds)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        return f"notify: {told[0]} was ended, since it took longer than {seconds:.0f} s"
    return f"notify: {told[0]} exited with {child.returncode}" if child.returncode else ""
