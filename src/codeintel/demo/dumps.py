"""Packages of our own environment -> the rows of their dumps, ready for any number of uploads."""

from __future__ import annotations

import importlib.util
import math
import pickle
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from codeintel.demo import leash
from codeintel.demo.failure import ActFailed
from codeintel.index_python.index import index
from codeintel.index_python.package import find_package
from codeintel.lsif.correlate import correlate
from codeintel.lsif.read import read
from codeintel.store.rows import Rows
from codeintel.worker import prepare

PACKAGES = (
    "mako",
    "click",
    "rich",
    "alembic",
    "psycopg",
    "jedi",
    "_pytest",
    "hypothesis",
    "pygments",
)
"""What is indexed, as far as it is installed; those that take longest last."""

_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Dump:
    """The rows of one package, and the seconds it took to index it and to encode them."""

    package: str
    rows: Rows
    seconds: float

    @property
    def monikers(self) -> int:
        """How many rows of definitions and references there are."""
        return len(self.rows.definitions) + len(self.rows.references)


@dataclass(frozen=True, slots=True)
class Library:
    """The dumps, each uploaded again and again under ids of its own."""

    dumps: tuple[Dump, ...]

    def rows(self, dump_id: int) -> Rows:
        """Return what is uploaded under an id, now or at any time."""
        return self.dumps[dump_id % len(self.dumps)].rows

    def monikers(self, dump_id: int) -> int:
        """Return how many definitions and references that is."""
        return self.dumps[dump_id % len(self.dumps)].monikers


def choose(scale: float, named: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the packages to index: those named, else as many of PACKAGES as fit the scale.

    Raises PackageNotInstalled or PackageHasNoSource.
    """
    if named:
        return tuple(find_package(name).name for name in named)
    installed = [name for name in PACKAGES if importlib.util.find_spec(name)]
    share = min(1.0, math.sqrt(scale))  # indexing should not outweigh a small upload
    return tuple(installed[: math.ceil(len(installed) * share)])


def make(packages: Sequence[str], folder: Path, done: Callable[[Dump], None]) -> Library:
    """Index packages in processes of their own, two at a time, the last ones first.

    ``done`` is told of each. Raises ActFailed.
    """
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        dumps = []
        for dump in threads.map(lambda name: _in_a_process(name, folder), reversed(packages)):
            done(dump)
            dumps.append(dump)
    return Library(tuple(dumps))


def save(library: Library, path: Path) -> None:
    """Write a library for another process of ours."""
    path.write_bytes(pickle.dumps(library, pickle.HIGHEST_PROTOCOL))


def load(path: Path) -> Library:
    """Read what save has written."""
    library: Library = pickle.loads(path.read_bytes())
    return library


def _in_a_process(package: str, folder: Path) -> Dump:
    out = folder / f"{package}.pickle"
    with leash.start(__name__, package, str(out)) as child:
        status = child.wait()
    if status != 0:
        raise ActFailed(
            f"the package {package} was not indexed",
            why=f"the indexer ended with status {status}",
            do=f"Run `python -m codeintel index {package}` and see what it says",
        )
    dump: Dump = pickle.loads(out.read_bytes())
    return dump


def _dump(package: str, lsif: Path) -> Dump:
    started = time.perf_counter()
    index(package, lsif)
    rows = prepare(correlate(read(lsif)))
    return Dump(package, rows, time.perf_counter() - started)


def _main(package: str, out: str) -> None:
    from codeintel.demo import dumps  # as itself and not as __main__, which no other process has

    leash.hold()
    made = dumps._dump(package, Path(out).with_suffix(".lsif"))
    Path(out).write_bytes(pickle.dumps(made, pickle.HIGHEST_PROTOCOL))


if __name__ == "__main__":
    _main(*sys.argv[1:])
