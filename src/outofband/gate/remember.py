"""Keeping the answer to a call, with the state of all that was looked at to find it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection

from outofband.gate import recall, store
from outofband.inputs import state
from outofband.inputs.trace import Trace


def answer(words: list[str], text: str, status: int, trace: Trace) -> None:
    """Keep what a call printed to stdout and its exit status.

    Nothing is kept where the answer came from more than can be looked at again, or from a file that
    changed meanwhile.
    """
    folder = store.folder_for(os.getcwd())
    inputs = inputs_of(trace) if folder else None
    if inputs is not None:
        content = {"inputs": inputs, "stdout": text, "status": status}
        store.write(folder, recall.name(words), content)


def inputs_of(
    trace: Trace, revisions: Collection[str] = (), folders: Collection[str] = ()
) -> dict[str, object] | None:
    """Return the state of what was looked at; None where it cannot be told whether it changes.

    The files of ``revisions`` and what is in the ``folders`` where they are is left out.
    """
    files = {path: state.of_file(path) for path in sorted(trace.files) if path not in revisions}
    if trace.unforeseeable or state.SPECIAL in files.values():
        return None
    if any(changed_since(path, trace.started) for path in files):
        return None
    salt, names = secrets.token_hex(16), sorted(trace.variables)
    return {
        "tools": trace.tools,
        "variables": {"names": names, "salt": salt, "digest": state.of_variables(names, salt)},
        "folders": {p: was for p, was in trace.folders.items() if not _is_in(p, folders)},
        "modules": trace.modules,
        "present": {p: state.of_presence(p) for p in sorted(trace.present - trace.files)},
        "files": files,
    }


def _is_in(path: str, folders: Collection[str]) -> bool:
    return any(path == f or path.startswith(os.path.join(f, "")) for f in folders)


def changed_since(path: str, started: int) -> bool:
    """Tell whether a file was written after a moment, in nanoseconds of the wall clock."""
    try:
        status = os.stat(path)
    except OSError:
        return False
    return max(status.st_mtime_ns, status.st_ctime_ns) >= started
