"""The folder where results are kept: one JSON file each, put in place whole, the oldest removed.

What is read back is data, checked by whoever wanted it; a file that is no JSON object is no file.
Imported by every cached run of `outofband lint`, and so by nothing that takes long.
"""

from __future__ import annotations

import json
import os
import sys

from outofband.inputs import state

MOST_BYTES = 256 * 1024 * 1024
"""What the folder may hold before the results used longest ago are removed."""

_SUFFIX = ".json"


def folder_for(here: str) -> str:
    """Return the cache folder of calls from the folder ``here``, whether or not it exists.

    It is the setting ``cache_dir`` of the pyproject.toml that is nearest among those with settings,
    else the user's cache folder; empty where there is neither.
    """
    while True:
        path = os.path.join(here, "pyproject.toml")
        try:
            with open(path, "rb") as file:
                text = file.read()
        except OSError:
            text = b""
        if b"tool" in text and b"outofband" in text:
            if b"cache_dir" not in text and b"cache-dir" not in text:
                break
            own = _setting(here)
            if own is not None:
                return own
            break
        parent = os.path.dirname(here)
        if parent == here:
            break
        here = parent
    return _of_user()


def _setting(here: str) -> str | None:
    from pathlib import Path

    from outofband.errors import Misuse
    from outofband.settings import load

    try:
        return load(Path(here)).cache_dir
    except Misuse:
        return ""  # the command itself will say what is wrong with it


def _of_user() -> str:
    default = "~/Library/Caches" if sys.platform == "darwin" else "~/.cache"
    folder = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(folder):  # XDG Base Directory Specification 0.8: to be ignored
        folder = os.path.expanduser(default)
    return os.path.join(folder, "outofband", "lint") if os.path.isabs(folder) else ""


def read(folder: str, name: str) -> dict[str, object] | None:
    """Return what was kept under a name, None where nothing readable is."""
    path = os.path.join(folder, name + _SUFFIX)
    try:
        with open(path, "rb") as file:
            found = json.loads(file.read())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def write(folder: str, name: str, content: dict[str, object]) -> None:
    """Keep something under a name. Where that is not possible nothing is kept."""
    import contextlib
    import tempfile

    with contextlib.suppress(OSError):
        _prepare(folder)
        text = json.dumps(content, separators=(",", ":"))
        opened, path = tempfile.mkstemp(dir=folder, prefix=name, suffix=".part")
        try:
            with os.fdopen(opened, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(path, os.path.join(folder, name + _SUFFIX))
        except BaseException:
            os.unlink(path)
            raise
        _prune(folder)


def _prepare(folder: str) -> None:
    if os.path.isdir(folder):
        return
    os.makedirs(folder, mode=0o700)
    # Whoever keeps the cache inside a checkout does not want it in a commit.
    with open(os.path.join(folder, ".gitignore"), "w", encoding="utf-8") as file:
        file.write("*\n")


def _prune(folder: str) -> None:
    """Remove the oldest files beyond MOST_BYTES, and what a killed process left half written."""
    with os.scandir(folder) as entries:
        kept = [(e.stat(), e.path) for e in entries if e.name.endswith((_SUFFIX, ".part"))]
    total = 0
    for status, path in sorted(kept, key=lambda k: k[0].st_mtime_ns, reverse=True):
        total += status.st_size
        if total > MOST_BYTES:
            os.unlink(path)


def name_of(*parts: str) -> str:
    """Return the name for what these parts identify."""
    return state.of_text("\0".join(parts))
