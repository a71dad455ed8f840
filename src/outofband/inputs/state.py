"""What an input is like now, as a short text that is equal for equal inputs.

Imported by every cached run of `outofband lint`, and so by nothing that takes long.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Mapping

ABSENT, FOLDER, SPECIAL = "absent", "folder", "special"
"""Instead of a digest: nothing is there; a folder is; what is there has no content to compare."""

_CHUNK = 1 << 20
_INSTALLED = ("site-packages", "dist-packages")
_OURS = ("outofband", "outofband_lint")
# Beside folders, which are named as the package is: a module's file, what tells of an installation.
_MODULES = (".py", ".pyc", ".so", ".pyd", ".dist-info", ".egg-info")


def of_text(text: str) -> str:
    """Return the digest of a text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def of_file(path: str) -> str:
    """Return the digest of a file's content, or ABSENT, FOLDER, SPECIAL."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ABSENT
    try:
        mode = os.fstat(opened).st_mode
        if not stat.S_ISREG(mode):
            return FOLDER if stat.S_ISDIR(mode) else SPECIAL
        digest = hashlib.blake2b(digest_size=16)
        while chunk := os.read(opened, _CHUNK):
            digest.update(chunk)
        return digest.hexdigest()
    except OSError:
        return SPECIAL
    finally:
        os.close(opened)


def of_presence(path: str) -> str:
    """Return whether anything is at a path: SPECIAL where something is, else ABSENT."""
    return SPECIAL if os.path.exists(path) else ABSENT


def of_names(folder: str, *, modules: bool = False) -> str:
    """Return the digest of the names in a folder, or ABSENT.

    With ``modules`` only those that Python could import count: a log file beside them is nothing
    to an ``import``, a new module that hides another is.
    """
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return ABSENT
    return of_text("\0".join(n for n in names if n != "__pycache__" and _counts(n, modules)))


def _counts(name: str, modules: bool) -> bool:
    return not modules or name.endswith(_MODULES) or name.isidentifier()


def of_variables(names: list[str], salt: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return one digest of the values of environment variables; ``*`` stands for all of them.

    A digest and not the values, and salted: they may be passwords.
    """
    known = sorted(environ) if "*" in names else sorted(names)
    return of_text("\0".join([salt, *(f"{name}={environ.get(name)!r}" for name in known)]))


def of_tools() -> str:
    """Return a digest of Python, of where it imports from, of what is installed, and of ourselves.

    Of an installed distribution its name, version and time of installation count, of our own
    modules the content.
    """
    parts = [sys.version, sys.executable, *sys.path]
    for folder in sys.path:
        if os.path.basename(folder) in _INSTALLED:
            parts += _distributions(folder)
    for package in _OURS:
        parts += _contents(_folder_of(package))
    return of_text("\0".join(parts))


def _folder_of(package: str) -> str:
    spec = getattr(sys.modules.get(package), "__spec__", None)
    if spec is None:
        from importlib.util import find_spec

        spec = find_spec(package)
    return os.path.dirname(spec.origin) if spec is not None and spec.origin else ""


def _distributions(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(
                f"{entry.name} {entry.stat().st_mtime_ns}"
                for entry in entries
                if entry.name.endswith((".dist-info", ".egg-info", ".egg-link", ".pth"))
            )
    except OSError:
        return []


def _contents(folder: str) -> list[str]:
    found = []
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if f != "__pycache__")
        found += [f"{name} {of_file(os.path.join(where, name))}" for name in sorted(files)]
    return found


def is_installed(path: str) -> bool:
    """Tell whether a file belongs to what :func:`of_tools` covers."""
    return path.startswith(_covered())


def _covered() -> tuple[str, ...]:
    if not _COVERED:
        installed = [f for f in sys.path if os.path.basename(f) in _INSTALLED]
        folders = [os.path.dirname(os.__file__), *installed, *map(_folder_of, _OURS)]
        _COVERED.extend(os.path.join(f, "") for f in folders if f)
    return tuple(_COVERED)


_COVERED: list[str] = []
