"""`make test-faults`: what the runbook survives, on real servers, with an application at work.

Longer than the other tests, and so not collected unless $FAULTS says how much of it: ``cut`` is
every test on the latest PostgreSQL and those marked ``every_version`` on the older ones as well,
``all`` is every test on every version. No test names versions itself.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from faults.project import write_project
from faults.scene import Scene, Tally
from faults.stage import SETTINGS, Stage
from faults.summary import lines
from matrix.servers import REQUIRE, folder_of, releases
from outofband import ephemeral

FORM = os.environ.get("FAULTS", "")
if FORM not in ("", "cut", "all"):
    raise pytest.UsageError(f"FAULTS is cut or all, not {FORM!r}")
collect_ignore_glob = [] if FORM else ["test_*.py"]
HERE = Path(__file__).parent
LATEST = max(releases())


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
def new_scene(
    stage: Stage, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[], Scene]]:
    """Return the function that opens a scene as if nothing had happened, and ends the one before.

    For a test that needs more than one; each is counted.
    """
    numbers = itertools.count(1)
    with ExitStack() as last:

        def opened() -> Scene:
            last.close()
            logs = tmp_path / f"scene{next(numbers)}"
            logs.mkdir()
            scene = stage.scene(logs)
            last.callback(scene.close)
            request.node.user_properties.append(("faults", scene.tally))
            return scene

        yield opened


@pytest.fixture
def scene(new_scene: Callable[[], Scene]) -> Scene:
    return new_scene()


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
    told = [
        Tally(**value)
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "faults"
    ]
    if told:
        terminalreporter.section("faults")
        for line in lines(told):
            terminalreporter.line(line)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "every_version: runs on the older PostgreSQL too")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "major" in metafunc.fixturenames:
        metafunc.parametrize("major", sorted(releases(), reverse=True))


@pytest.hookimpl(tryfirst=True)  # a worker of xdist reads the groups in the same hook
def pytest_collection_modifyitems(config: pytest.Config, items: list[Any]) -> None:
    """Leave out what $FAULTS does not ask for, and keep what needs one server together."""
    ours = [item for item in items if item.path.is_relative_to(HERE) and hasattr(item, "callspec")]
    out = [item for item in ours if not _is_asked_for(item)]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in out]
    for item in ours:
        major = item.callspec.params["major"]
        part = item.path.stem if major == LATEST else "all"
        item.add_marker(pytest.mark.xdist_group(f"{major} {part}"))


def _is_asked_for(item: Any) -> bool:
    latest = item.callspec.params["major"] == LATEST
    return latest or FORM == "all" or item.get_closest_marker("every_version") is not None
