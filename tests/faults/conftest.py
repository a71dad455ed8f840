"""`make test-faults`: what the runbook survives, on real servers, with an application at work.

Longer than the other tests, and so not collected unless $FAULTS is set.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faults.project import PLAINLY, ROWS, TABLES, write_project
from faults.scene import Run, Scene, indexes
from matrix.servers import REQUIRE, folder_of, releases
from outofband import ephemeral

collect_ignore_glob = [] if os.environ.get("FAULTS") else ["test_*.py"]
LATEST = max(releases())
# A commit that the application was told of outlives a crash of the server's processes.
SETTINGS = {"synchronous_commit": "on", "max_connections": "100"}


class Stage:
    """A server of a major version, a database to copy, and the indexes it should end with."""

    def __init__(self, server: ephemeral.Server, project: Path, logs: Path) -> None:
        self.server, self._project = server, project
        self._admin("CREATE DATABASE plainly")
        with psycopg.connect(server.url("plainly"), autocommit=True) as session:
            for statement in (*TABLES, *PLAINLY):
                session.execute(statement.encode())
            self.expected = indexes(session)
        self._admin("CREATE DATABASE begun")
        self._begin(logs)

    def _begin(self, logs: Path) -> None:
        url = self.server.url("begun")
        self._upgrade(url, "1", logs)
        with psycopg.connect(url, autocommit=True) as session:
            for statement in ROWS:
                session.execute(statement.encode())
        self._upgrade(url, "2", logs)

    def _upgrade(self, url: str, to: str, logs: Path) -> None:
        driver = url.replace("postgresql:", "postgresql+psycopg:")
        words = ["alembic", "-x", f"url={driver}", "upgrade", to]
        run = Run(words, self._project, logs / f"upgrade{to}.log")
        assert run.status() == 0, run.said

    def scene(self, logs: Path) -> Scene:
        self._admin("DROP DATABASE IF EXISTS scene WITH (FORCE)")
        self._admin("CREATE DATABASE scene TEMPLATE begun")
        return Scene(self.server, self.server.url("scene"), self._project, logs)

    def _admin(self, command: str) -> None:
        with psycopg.connect(self.server.url(), autocommit=True) as session:
            session.execute(command.encode())


@pytest.fixture(scope="session")
def stage_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Stage]]:
    """Return the function that gives the stage of a major version; each is made once."""
    stages: dict[int, Stage] = {}
    project = write_project(tmp_path_factory.mktemp("project"))
    with ExitStack() as stack:

        def get(major: int) -> Stage:
            if major not in stages:
                try:
                    folder = None if major == LATEST else folder_of(major)
                    started = ephemeral.server(pg_bin=folder, settings=SETTINGS)
                    server = stack.enter_context(started)
                except ephemeral.BinariesNotFound as error:
                    if REQUIRE:
                        raise
                    pytest.skip(f"PostgreSQL {major} is not here: {error}")
                stages[major] = Stage(server, project, tmp_path_factory.mktemp(f"pg{major}"))
            return stages[major]

        yield get


@pytest.fixture
def stage(major: int, stage_of: Callable[[int], Stage]) -> Stage:
    return stage_of(major)


@pytest.fixture
def major() -> int:
    """The latest; a test for several is parametrized."""
    return LATEST


@pytest.fixture
def scene(stage: Stage, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Scene]:
    opened = stage.scene(tmp_path)
    request.node.user_properties.append(("faults", opened.tally))
    yield opened
    opened.close()


@pytest.fixture
def ends_well(scene: Scene, stage: Stage) -> Callable[[], None]:
    """Apply once more and check all that is promised."""

    def check() -> None:
        scene.finish()
        scene.check(stage.expected)

    return check


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    """Hand the tally on as something that a worker can send home."""
    report = yield
    told = [(name, asdict(t) if name == "faults" else t) for name, t in item.user_properties]
    report.user_properties = told if report.when == "teardown" else []
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what was injected, what was survived, and the longest wait that we caused."""
    reports = [r for found in terminalreporter.stats.values() for r in found]
    told = [dict(p)["faults"] for r in reports if (p := getattr(r, "user_properties", None))]
    if not told:
        return
    injected = Counter(fault for tally in told for fault in tally["injected"])
    longest = max(tally["longest"] for tally in told)
    terminalreporter.section("faults")
    for fault, times in sorted(injected.items()):
        terminalreporter.line(f"{times:5} {fault}")
    terminalreporter.line(
        f"{injected.total()} faults injected, {sum(t['survived'] for t in told)} survived; of "
        f"{sum(t['statements'] for t in told)} statements of the application beside them the one "
        f"that waited longest on or behind a lock of outofband's waited {longest:.2f} s"
    )
