"""What a rehearsal costs: its server, its look at each statement, and one new revision of many.

::

    python bench/rehearse.py [--rounds 7] [--revisions 1000] [--queries 50]

Prints medians with their spread, the targets beside them. `bench/plans.py`, which `make
bench-rehearse` runs too, tells how true the plans are.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import lint_project
from verdict import spread, verdict

from outofband.ephemeral import server
from outofband.rehearse.run import Call, Part, Ran, Site, parts
from outofband_lint.names import QualifiedName
from outofband_lint.stats import Relation, written

SERVER_AT_MOST, STATEMENT_AT_MOST, REVISION_AT_MOST = 0.15, 8.0, 3.0
FEW, PAGES = 100, 131_072
_WHO = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")


def server_seconds() -> float:
    """Return how long it takes from nothing to a server that accepts connections."""
    begin = time.perf_counter()
    with server():
        return time.perf_counter() - begin


def statement_milliseconds(project: Path, head: str) -> float:
    """Return how much longer each statement takes because it is looked at."""
    seen = {part: _run(project, part, head) for part in ("base", "upgrade")}
    statements = len(seen["upgrade"][1].statements)
    return (seen["upgrade"][0] - seen["base"][0]) * 1000 / statements


def _run(project: Path, part: Part, head: str) -> tuple[float, Ran]:
    call = Call((str(project / "alembic.ini"),), "alembic", (), (head,), True, 600)
    with server() as running:
        site = Site(str(running.socket_directory), running.port, "postgres")
        begin = time.perf_counter()
        (ran,) = parts(call, site, [part])
        seconds = time.perf_counter() - begin
    assert ran.failure is None, ran.failure
    return seconds, ran


def revision_seconds(project: Path, *more: str) -> float:
    """Return how long the whole command takes for the one revision that is not committed."""
    command = str(Path(sys.executable).with_name("outofband"))
    words = [command, "rehearse", "--since", "HEAD", *more]
    begin = time.perf_counter()
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begin
    assert "Rehearsed 1 revision on top of" in done.stdout, done.stdout + done.stderr
    return seconds


def asked(project: Path, head: str, count: int) -> list[str]:
    """Write so many queries, each by an id on one of the project's tables of 1 GB; return the
    options that name them.
    """
    _, base = _run(project, "base", head)
    tables = sorted(name.partition(".")[2] for kind, name in base.schema if kind == "table")
    sizes = (Relation(QualifiedName(table, "public"), PAGES, 1e7, PAGES * 8192) for table in tables)
    (project / "stats.json").write_text(written(sizes))
    chosen = [tables[number % len(tables)] for number in range(count)]
    texts = [f"-- name: q{n}\nSELECT * FROM {t} WHERE id = $1;\n" for n, t in enumerate(chosen)]
    (project / "queries.sql").write_text("".join(texts))
    return ["--queries", "queries.sql", "--stats", "stats.json"]


def made(folder: Path, count: int) -> str:
    """Make a project of some revisions, all committed but the last; return the id of that."""
    whole, project = folder / "whole", folder / "project"
    lint_project.write(whole, count)
    lint_project.write(project, count - 1)
    _git(project, "init", "--quiet")
    _git(project, "add", "--all")
    _git(project, "commit", "--quiet", "--message=base")
    names = {path.name for path in (project / "migrations/versions").iterdir()}
    (last,) = (p for p in (whole / "migrations/versions").iterdir() if p.name not in names)
    shutil.copy(last, project / "migrations/versions")
    return last.name.partition("_")[0]


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *_WHO, *words], cwd=folder, check=True)


def _told(name: str, values: Sequence[float]) -> float:
    print(f"{name:44}{spread(values)}", flush=True)
    return statistics.median(values)


def main() -> None:
    """Measure, each round a little of everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured")
    parser.add_argument("--revisions", type=int, default=1000, help="of the large project")
    parser.add_argument("--queries", type=int, default=50, help="that are planned beside it")
    given = parser.parse_args()
    servers: list[float] = []
    looks: list[float] = []
    revisions: list[float] = []
    queries: list[float] = []
    with tempfile.TemporaryDirectory() as scratch:
        large, few = Path(scratch, "large"), Path(scratch, "few")
        last = made(large, given.revisions)
        head = made(few, FEW)
        server_seconds()
        first = revision_seconds(large / "project")
        options = asked(large / "whole", last, given.queries)
        for name in (options[1], options[3]):
            shutil.copy(large / "whole" / name, large / "project")
        revision_seconds(large / "project", *options)
        for _ in range(given.rounds):
            servers.append(server_seconds())
            looks.append(statement_milliseconds(few / "project", head))
            revisions.append(revision_seconds(large / "project"))
            queries.append(revision_seconds(large / "project", *options))
    print(f"{os.cpu_count()} cores")
    print(f"{'the first rehearsal, which makes the base':44}{first:8.3f} s")
    results = (
        verdict("a server", _told("a server", servers), SERVER_AT_MOST, "s"),
        verdict(
            "a look at a statement",
            _told("a look at a statement (thousandths)", looks),
            STATEMENT_AT_MOST,
            "ms",
        ),
        verdict(
            f"one new revision of {given.revisions}",
            _told("one new revision, base kept", revisions),
            REVISION_AT_MOST,
            "s",
        ),
        verdict(
            f"one new revision of {given.revisions}, and {given.queries} queries",
            _told(f"the same with {given.queries} queries", queries),
            REVISION_AT_MOST,
            "s",
        ),
    )
    print("\n".join(results))


if __name__ == "__main__":
    main()
