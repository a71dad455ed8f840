"""Processes of ours that end when the demonstration does, however it ends.

A child's standard input is its leash: one line asks it to come to an end, and the end of the input
without that line says that nobody is left to work for.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping

_STOP = b"stop\n"
_ORPHANED = 1


def start(
    module: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Run ``python -m MODULE`` on a leash, deaf to the Ctrl-C of our terminal."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
        start_new_session=True,
    )


def ask_to_stop(child: subprocess.Popen[bytes]) -> None:
    """Ask for an orderly end; a child that has ended already is no error."""
    assert child.stdin is not None
    try:
        child.stdin.write(_STOP)
        child.stdin.close()
    except BrokenPipeError:
        pass


def hold() -> threading.Event:
    """In the child: return what is set when it is asked to stop; die at once when orphaned."""
    asked = threading.Event()
    threading.Thread(target=_watch, args=(asked,), daemon=True).start()
    return asked


def _watch(asked: threading.Event) -> None:
    # Straight from the descriptor: a lock of sys.stdin held here would hang the interpreter's end.
    if os.read(0, len(_STOP)) != _STOP:
        os._exit(_ORPHANED)
    asked.set()
