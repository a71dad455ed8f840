"""The linters that ours is measured against, in an environment of their own.

They are installed from the package index into a folder of the user's cache, outside any checkout,
the newest version of each for a Python that takes it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

# Alembic and SQLAlchemy in the versions that we run on, so that only the linters differ.
_ALEMBIC = tuple(f"{name}=={version(name)}" for name in ("alembic", "sqlalchemy", "psycopg"))
_NEWER_PYTHONS = ("python3.14", "python3.13", "python3.12")


@dataclass(frozen=True)
class Peer:
    """A program to measure.

    ``words`` are its command, with ``{project}`` for the project's folder, ``{sql}`` for the folder
    of rendered files; several commands run one after the other. ``finds`` is a pattern for the
    numbers of findings that it prints. ``needs`` is what to install.
    """

    name: str
    commands: tuple[tuple[str, ...], ...]
    finds: str = ""
    needs: tuple[str, ...] = ()


PEERS = (
    Peer("alembic upgrade head --sql", (("alembic", "upgrade", "head", "--sql"),), needs=_ALEMBIC),
    Peer(
        "alembic-squawk, then squawk",
        (
            ("alembic-squawk", "--revisions", "base:head", "--out-dir", "{scratch}"),
            ("squawk", "{scratch}/*.sql"),
        ),
        r"Found (\d+) issue",
        ("alembic-squawk", "squawk-cli", *_ALEMBIC),
    ),
    Peer("squawk on rendered files", (("squawk", "{sql}/*.sql"),), r"Found (\d+)", ("squawk-cli",)),
    Peer("zdm", (("zdm", "migrations/versions"),), r"(\d+) errors?, (\d+) warnings?", ("zdm",)),
    Peer(
        "alembic-guard",
        (("alembic-guard", "migrations/versions"),),
        r"Found (\d+) errors? and (\d+) warnings?",
        ("alembic-guard",),
    ),
    Peer("lockcheck", (("lockcheck", "migrations/versions"),), r"(\d+) problems?", ("lockcheck",)),
    Peer("pgrubic", (("pgrubic", "lint", "{sql}"),), r"Found (\d+) violation", ("pgrubic",)),
)


@dataclass
class Installed:
    """Where the peers' programs are, and why those that are missing are."""

    folders: list[Path] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The value of PATH under which the peers find themselves and each other."""
        return os.pathsep.join([*map(str, self.folders), os.environ.get("PATH", "")])

    def versions(self) -> dict[str, str]:
        """Return the version of each installed peer's distributions."""
        found = {}
        for folder in self.folders:
            listed = subprocess.run(
                [folder / "python", "-m", "pip", "list", "--format=freeze"],
                capture_output=True, text=True, check=True,
            ).stdout  # fmt: skip
            found.update(line.split("==", 1) for line in listed.splitlines() if "==" in line)
        wanted = {re.split("[=<>]", name)[0] for peer in PEERS for name in peer.needs}
        return {name: number for name, number in sorted(found.items()) if name.lower() in wanted}


def install(peers: Sequence[Peer], cache: Path) -> Installed:
    """Install what is not installed yet; a peer that cannot be is left out, with the reason."""
    made = Installed()
    for peer in peers:
        missing = ""
        for python in (sys.executable, *filter(None, map(_newer, _NEWER_PYTHONS))):
            folder = _environment(python, cache)
            missing = _install(folder, peer)
            if not missing:
                if folder not in made.folders:
                    made.folders.append(folder)
                break
        if missing:
            made.missing[peer.name] = missing
    return made


def _newer(name: str) -> str | None:
    """Return an interpreter that runs: the one on PATH may only say that it is not there."""
    found = shutil.which(name)
    places = [*Path.home().glob(f".pyenv/versions/{name.removeprefix('python')}.*/bin/python")]
    for candidate in filter(None, [found, *map(str, places)]):
        if subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:
            return str(candidate)
    return None


def _environment(python: str, cache: Path) -> Path:
    asked = "import sys; print('%d.%d' % sys.version_info[:2])"
    number = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True)
    folder = cache / f"python{number.stdout.strip()}"
    if not (folder / "bin" / "python").exists():
        subprocess.run([python, "-m", "venv", folder], check=True)
    return folder / "bin"


def _install(folder: Path, peer: Peer) -> str:
    """Return why a peer is not installed, empty when it is."""
    command = [folder / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    told = subprocess.run([*command, *peer.needs], capture_output=True, text=True)
    errors = [line for line in told.stderr.splitlines() if line.startswith("ERROR")]
    return "" if told.returncode == 0 else (errors or ["pip failed"])[-1]
