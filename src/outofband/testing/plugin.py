"""The pytest plugin (entry point ``pytest11``, name ``outofband``).

pytest loads it in every run of every project that has outofband installed, so all that it does not
need to declare itself is imported when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from outofband.ephemeral import Server
    from outofband.rehearse.run import Call, Site
    from outofband.testing.databases import Databases
    from outofband.testing.walk import Told

_QUERIES = "outofband_queries"
_KEPT = pytest.StashKey[set[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options and the settings."""
    group = parser.getgroup("outofband")
    group.addoption(
        "--outofband-pg-bin",
        type=Path,
        metavar="DIR",
        help="the bin folder of the PostgreSQL that outofband_server runs",
    )
    group.addoption(
        "--outofband-queries",
        type=Path,
        metavar="FILE",
        help="write the queries that the tests' SQLAlchemy engines execute into FILE",
    )
    config = "Alembic's configuration files, relative to this one (default: as alembic finds it)"
    parser.addini("outofband_config", config, type="paths", default=[])
    parser.addini("outofband_x", "what alembic is given with -x", type="args", default=[])
    tests = "whether to run test_every_revision_up_down_up and test_head_matches_models"
    parser.addini("outofband_tests", tests, type="bool", default=False)


# --- the server, and databases at head


@pytest.fixture(scope="session")
def outofband_server(pytestconfig: pytest.Config) -> Iterator[Server]:
    """A PostgreSQL of this test session's own, gone with it; its ``url()`` is that of a database
    of the superuser.
    """
    from outofband.ephemeral import server

    with ExitStack() as life:
        with _in_words():
            running = life.enter_context(server(pg_bin=pytestconfig.getoption("outofband_pg_bin")))
        yield running


@pytest.fixture(scope="session")
def outofband_databases(outofband_server: Server) -> Databases:
    """Makes databases on the server."""
    from outofband.testing.databases import Databases

    return Databases(outofband_server)


@pytest.fixture(scope="session")
def outofband_head(outofband_databases: Databases, pytestconfig: pytest.Config) -> Site:
    """The database that all revisions have run on, once a session: what others are copies of."""
    from outofband.testing import databases

    site = outofband_databases.new()
    if failure := databases.upgrade(_call(pytestconfig, apart=False), site):
        pytest.fail(str(failure), pytrace=False)
    return site


@pytest.fixture
def outofband_database(outofband_databases: Databases, outofband_head: Site) -> Iterator[str]:
    """The URL of a database at head that this test has to itself."""
    with outofband_databases.copy(outofband_head) as url:
        yield url


# --- the tests


@pytest.fixture(scope="session")
def outofband_trouble(
    outofband_databases: Databases, pytestconfig: pytest.Config
) -> Iterator[Callable[[str], Told]]:
    """Tells what is wrong with a revision; those before it are run when it is asked."""
    from outofband.testing import project
    from outofband.testing.walk import Told, walked

    call, known = _call(pytestconfig, apart=True), dict[str, Told]()
    with closing(walked(call, project.steps(call), outofband_databases.new)) as walk:

        def trouble(revision: str) -> Told:
            while revision not in known:
                told = next(walk)
                known[told.revision] = told
            return known[revision]

        yield trouble


@pytest.fixture
def outofband_unlike_models(outofband_head: Site, pytestconfig: pytest.Config) -> str:
    """How the database at head differs from the models, in words."""
    from outofband.testing.models import unlike

    return unlike(_call(pytestconfig, apart=False), outofband_head)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for ``outofband_revision`` each revision in turn."""
    if "outofband_revision" not in metafunc.fixturenames:
        return
    from outofband.errors import OutofbandError
    from outofband.testing import project

    try:
        steps = project.steps(_call(metafunc.config, apart=True))
    except OutofbandError as error:
        raise pytest.Collector.CollectError(str(error)) from None
    # One walk does all of them: of several workers one goes it, where --dist loadgroup is given.
    xdist = metafunc.config.pluginmanager.hasplugin("xdist")
    marks = [pytest.mark.xdist_group("outofband")] if xdist else []
    each = [pytest.param(step.revision, marks=marks) for step in steps]
    metafunc.parametrize("outofband_revision", each)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add our tests where ``outofband_tests`` is set, unless single files are asked for."""
    if not config.getini("outofband_tests") or not all(Path(arg).is_dir() for arg in config.args):
        return
    from outofband.testing import checks

    path = Path(checks.__file__)
    module = pytest.Module.from_parent(session, path=path, nodeid="outofband")
    items.extend(item for item in module.collect() if isinstance(item, pytest.Item))


# --- the queries


@pytest.fixture
def outofband_queries() -> Iterator[set[str]]:
    """The queries that SQLAlchemy's engines have executed in this test so far, with parameters in
    place of constants.
    """
    kept: set[str] = set()
    with _recording(kept):
        yield kept


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin to record, where that is wanted."""
    if session.config.getoption(_QUERIES) is not None:
        recording = ExitStack()
        kept = session.config.stash[_KEPT] = set[str]()
        recording.enter_context(_recording(kept))
        session.config.add_cleanup(recording.close)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the file; a worker of xdist sends what it has to whoever writes it."""
    kept = session.config.stash.get(_KEPT, None)
    if kept is None:
        return
    output: Any = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_QUERIES] = sorted(kept)
        return
    from outofband.testing import recording

    path: Path = session.config.getoption(_QUERIES)
    path.write_text(recording.file(kept), encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take in what a worker of xdist has recorded."""
    kept = node.config.stash.get(_KEPT, None)
    if kept is not None:
        kept.update(getattr(node, "workeroutput", {}).get(_QUERIES, ()))


@contextmanager
def _recording(kept: set[str]) -> Iterator[None]:
    from outofband.revisions.executed import heard
    from outofband.testing import recording

    def note(sql: str, paramstyle: str) -> None:
        if query := recording.query(sql, paramstyle):
            kept.add(query)

    with heard(note):
        yield


def _call(config: pytest.Config, *, apart: bool) -> Call:
    from outofband.testing import project

    configs = [str(path) for path in config.getini("outofband_config")]
    return project.call(configs, config.getini("outofband_x"), apart=apart)


@contextmanager
def _in_words() -> Iterator[None]:
    """Let a refusal fail the test with its text alone."""
    from outofband.errors import OutofbandError

    try:
        yield
    except OutofbandError as error:
        pytest.fail(str(error), pytrace=False)
