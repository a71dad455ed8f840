"""Keeping the answer to a call, with the state of all that was looked at to find it."""

from __future__ import annotations

import os
import secrets

from outofband.gate import recall, store
from outofband.inputs import state
from outofband.inputs.trace import Trace


def answer(words: list[str], text: str, status: int, inputs: dict[str, object]) -> None:
    """Keep what a call printed to stdout and its exit status."""
    folder = store.folder_for(os.getcwd())
    if folder:
        content = {"inputs": inputs, "stdout": text, "status": status}
        store.write(folder, recall.name(words), content)


def inputs_of(trace: Trace) -> dict[str, object] | None:
    """Return the state of what was looked at.

    None where an answer came from more than can be looked at again, or from a file that has changed
    meanwhile: nothing may be kept.
    """
    files = {path: state.of_file(path) for path in sorted(trace.files)}
    if trace.unforeseeable or state.SPECIAL in files.values():
        return None
    if any(_has_changed_since(path, trace.started) for path in files):
        return None
    salt, names = secrets.token_hex(16), sorted(trace.variables)
    digest = state.of_variables(names, salt, trace.environ)
    return {
        "tools": trace.tools,
        "variables": {"names": names, "salt": salt, "digest": digest},
        "folders": trace.folders,
        "modules": trace.modules,
        "present": {p: state.of_presence(p) for p in sorted(trace.present - trace.files)},
        "files": files,
    }


def _has_changed_since(path: str, started: int) -> bool:
    """Tell whether a file was written after a moment, in nanoseconds of the wall clock."""
    try:
        status = os.stat(path)
    except OSError:
        return False
    return max(status.st_mtime_ns, status.st_ctime_ns) >= started
