"""Keeping the answer to a call, with the state of all that was looked at to find it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable

from outofband.gate import recall, store
from outofband.inputs import state
from outofband.inputs.trace import Trace


def answer(words: list[str], text: str, status: int, inputs: dict[str, object]) -> None:
    """Keep what a call printed to stdout and its exit status."""
    folder = store.folder_for(os.getcwd())
    if folder:
        content = {"inputs": inputs, "stdout": text, "status": status}
        store.write(folder, recall.name(words), content)


def nothing(_path: str) -> bool:
    """Leave no path out."""
    return False


def inputs_of(trace: Trace, left_out: Callable[[str], bool] = nothing) -> dict[str, object] | None:
    """Return the state of what was looked at, but for paths that nothing depends on.

    None where an answer came from more than can be looked at again, or from a file that has changed
    meanwhile: nothing may be kept.
    """
    files = {path: state.of_file(path) for path in _but(trace.files, left_out)}
    if trace.unforeseeable or state.SPECIAL in files.values():
        return None
    if any(_has_changed_since(path, trace.started) for path in files):
        return None
    salt, names = secrets.token_hex(16), sorted(trace.variables)
    digest = state.of_variables(names, salt, trace.environ)
    return {
        "tools": trace.tools,
        "variables": {"names": names, "salt": salt, "digest": digest},
        "folders": {p: trace.folders[p] for p in _but(trace.folders, left_out)},
        "modules": {p: trace.modules[p] for p in _but(trace.modules, left_out)},
        "present": {p: state.of_presence(p) for p in _but(trace.present - trace.files, left_out)},
        "files": files,
    }


def _but(paths: Iterable[str], left_out: Callable[[str], bool]) -> list[str]:
    return sorted(path for path in paths if not left_out(path))


def _has_changed_since(path: str, started: int) -> bool:
    """Tell whether a file was written after a moment, in nanoseconds of the wall clock."""
    try:
        status = os.stat(path)
    except OSError:
        return False
    return max(status.st_mtime_ns, status.st_ctime_ns) >= started
