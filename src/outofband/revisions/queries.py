"""The application's queries, from what the setting ``queries`` names.

A file is read. A ``package.module:callable`` is the project's code: it runs in a process of its
own, under a time limit, and says its queries one by one.
"""

from __future__ import annotations

import filecmp
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from outofband.errors import Misuse
from outofband.revisions.git import Checkout
from outofband_lint.query import Query
from outofband_lint.query_file import queries_from_sql

TIME_LIMIT = 30.0
"""Seconds that a callable may take to say all its queries."""


class QueriesUnreadable(Misuse):
    """What the setting ``queries`` names gives no queries."""


def read(named: Sequence[str], folder: Path, *, executes: bool = True) -> tuple[Query, ...]:
    """Return all queries that a project lists; patterns are relative to ``folder``, and the name of
    a folder stands for the .sql files in it.

    Without ``executes`` a callable is left out. Raises QueriesUnreadable for a pattern that fits no
    file, a file that is not UTF-8, and a callable that fails or yields what is no statement.
    """
    found: list[Query] = []
    for name in named:
        if _is_callable(name):
            found += _called(name, folder) if executes else ()
        else:
            found += _of_files(name, folder)
    return tuple(found)


def read_at_base(
    named: Sequence[str], folder: Path, ref: str, now: Sequence[Query]
) -> tuple[Query, ...]:
    """Return the queries in files as they were where the branch left ``ref``.

    What a callable yielded then is not asked, since the code of another commit is not run: it is
    what it yields ``now``, where the file that it stands in is as it was.
    """
    checkout = Checkout.around(folder)
    commit = checkout.merge_base(ref)
    yielding = {Path(query.path).resolve() for query in now}
    top = checkout.top.resolve()

    def is_looked_at(path: Path) -> bool:
        return path.suffix != ".py" or top / path in yielding

    with tempfile.TemporaryDirectory(prefix="outofband-") as made:
        checkout.export(commit, Path(made), folder, is_looked_at)
        then = Path(made) / folder.resolve().relative_to(top)
        found: list[Query] = []
        for name in named:
            with suppress(QueriesUnreadable):  # a pattern that fits nothing yet
                found += () if _is_callable(name) else _of_files(name, then)
        found += [query for query in now if _is_as_it_was(query.path, folder, then)]
    return tuple(found)


def _is_as_it_was(path: str, folder: Path, then: Path) -> bool:
    with suppress(OSError, ValueError):
        inside = Path(path).resolve().relative_to(folder.resolve())
        return filecmp.cmp(path, then / inside, shallow=False)
    return False


def _is_callable(name: str) -> bool:
    module, colon, attribute = name.partition(":")
    return bool(colon) and all(part.isidentifier() for part in (*module.split("."), attribute))


def _of_files(pattern: str, folder: Path) -> Iterator[Query]:
    inside = os.path.relpath(pattern, folder) if os.path.isabs(pattern) else pattern
    inside = f"{inside}/*.sql" if (folder / inside).is_dir() else inside
    paths = sorted(path for path in folder.glob(inside) if path.is_file())
    if not paths:
        raise QueriesUnreadable(
            f"queries are to be read from {pattern!r}",
            why=f"no file in {folder} fits it",
            do="Correct it, or take it out",
        )
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8"
            raise QueriesUnreadable(f"cannot read {path}", why=why, do="Correct it") from None
        yield from queries_from_sql(text, str(path))


def _called(name: str, folder: Path) -> list[Query]:
    """Run a callable in another process, with the module path that this one has."""
    command = [sys.executable, "-m", "outofband.revisions.queries_child", name]
    paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIME_LIMIT,
        )
    except subprocess.TimeoutExpired:
        raise _failed(name, f"it took longer than {TIME_LIMIT:.0f} s") from None
    said = done.stdout.decode().splitlines()
    last = json.loads(said[-1]) if said else {}
    if done.returncode or last.get("end") is not True:
        raise _failed(name, last.get("error") or "it ended its process")
    return [Query(**json.loads(line)) for line in said[:-1]]


def _failed(name: str, why: str) -> QueriesUnreadable:
    return QueriesUnreadable(
        f"queries are to be read from {name!r}",
        why=why,
        do="Let it yield statements of SQLAlchemy, texts, or pairs of a name and one of these",
    )
