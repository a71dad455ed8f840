"""The repository's own revisions: on an empty database, and on tables that are in use."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import alembic as library
import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import suites
from counters import until_counted
from outofband.catalog.observe import observe
from outofband.catalog.standing import Standing, standings
from outofband.deploy.connection import DeployConnection
from outofband.model.step import Backfill, Wanted
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.revisions import environment, graph
from outofband.revisions.render import render
from outofband.revisions.wanted import wanted
from outofband.runbook.apply import apply
from outofband.runbook.ending import End
from outofband.runbook.world import Scope, World
from screens import SilentScreen

ROOT = Path(__file__).parents[2]
VERSIONED = ("documents", "definitions", "references")
TABLES = ("metadata", "documents", "result_chunks", "definitions", "references")
KEYS = {f"lsif_data_{table}_pkey" for table in TABLES}
# Each a little over the 8 MiB of inline_max_bytes.
FILL = {
    "metadata": "(dump_id) SELECT n FROM generate_series(1, 260000) AS n",
    "documents": "SELECT n, 'p', decode(repeat('00', 400), 'hex') FROM generate_series(1, 22000) n",
    "result_chunks": "SELECT n, 1, decode(repeat('00', 400), 'hex')"
    " FROM generate_series(1, 22000) n",
    "definitions": "SELECT n, 's', 'i', decode(repeat('00', 400), 'hex')"
    " FROM generate_series(1, 22000) n",
    "references": "SELECT n, 's', 'i', decode(repeat('00', 400), 'hex')"
    " FROM generate_series(1, 22000) n",
}


@pytest.fixture
def config(database: str, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("DATABASE_URL", database.replace("://", "+psycopg://", 1))
    return Config(str(ROOT / "alembic.ini"))


def rows(database: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database) as session:
        return session.execute(query).fetchall()  # type: ignore[call-overload]


def index_names(database: str) -> set[object]:
    """Return the indexes of the five tables."""
    query = (
        "SELECT indexname FROM pg_indexes WHERE tablename LIKE 'lsif_data_%'"
        " AND tablename NOT LIKE '%_schema_versions'"
    )
    return {name for (name,) in rows(database, query)}


def fill(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as session:
        for table, select in FILL.items():
            session.execute(f"INSERT INTO lsif_data_{table} {select}")  # type: ignore[call-overload]


def in_the_database(standing: Standing) -> bool:
    """Tell steps that are done by what the database holds from those that files decide about."""
    return not (isinstance(standing.step, Backfill) and standing.step.from_elsewhere)


def test_upgrade_head_on_an_empty_database_does_everything(config, database, capsys) -> None:
    command.upgrade(config, "head")
    assert index_names(database) == KEYS | {
        f"lsif_data_{t}_dump_id_schema_version" for t in VERSIONED
    }
    assert capsys.readouterr().err.splitlines() == [
        "outofband: deferred backfill lsif_bundles: no upgrade moves data",
        "outofband: 1 step is pending: run outofband apply",
    ]
    defaults = "SELECT FROM information_schema.columns WHERE column_default IS NOT NULL"
    assert rows(database, f"{defaults} AND table_name LIKE 'lsif_data_%'") == []


def test_down_to_base_leaves_nothing(config, database) -> None:
    command.upgrade(config, "head")
    command.downgrade(config, "base")
    assert rows(database, "SELECT tablename FROM pg_tables WHERE tablename LIKE 'lsif%'") == []


@suites.ORACLE
def test_each_revision_can_be_taken_back_and_applied_again(config, database) -> None:
    for revision in graph.every(environment.of_config(config).script):
        command.upgrade(config, revision.revision)
        before = index_names(database)
        command.downgrade(config, "-1")
        command.upgrade(config, "+1")
        assert index_names(database) == before


LONGEST_SECONDS = 2.0
"""How long an upgrade may hold a lock that others wait for, on however slow a machine: as long as
it may wait for one."""
ROWS_READ = """
    SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_user_tables
     WHERE relname LIKE 'lsif_data_%'
"""
FILES = """
    SELECT relname, pg_relation_filenode(oid) FROM pg_class
     WHERE relkind = 'r' AND relname = ANY (%s) ORDER BY 1
"""


def work_done(database: str) -> tuple[int, object]:
    """Return how many rows of the tables have been read, and which files they are in: no more is
    read, and none is another, where a statement takes as long on a large table as on a small one.
    """
    until_counted(database)
    with psycopg.connect(database, autocommit=True) as session:
        (read,) = session.execute(ROWS_READ).fetchone() or (0,)
        files = session.execute(FILES, [[f"lsif_data_{table}" for table in TABLES]]).fetchall()
    return read, files


class Watch:
    """Samples the exclusive locks on the tables, and remembers how long each session held one."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._over = threading.Event()
        self._seen: dict[object, tuple[float, float]] = {}
        self.samples = 0

    def __enter__(self) -> Watch:
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        with psycopg.connect(self._database, autocommit=True) as session:
            while not self._over.is_set():
                now = time.monotonic()
                for (transaction,) in session.execute(
                    "SELECT DISTINCT virtualtransaction FROM pg_locks AS l"
                    " JOIN pg_class AS c ON c.oid = l.relation"
                    " WHERE c.relname LIKE 'lsif_data_%' AND granted AND mode IN"
                    " ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',"
                    " 'AccessExclusiveLock')"
                ):
                    first, _ = self._seen.get(transaction, (now, now))
                    self._seen[transaction] = (first, now)
                self.samples += 1

    @property
    def longest(self) -> float:
        """The longest time in seconds that a session held such a lock."""
        return max((last - first for first, last in self._seen.values()), default=0.0)


def test_on_tables_in_use_the_upgrade_holds_no_lock_for_long(config, database, capsys) -> None:
    """It reads hardly a row under one, and writes no table anew. Of the time the best of three runs
    counts, for a busy machine can stop any one of them for a while; one that was quick enough needs
    no other.
    """
    command.upgrade(config, "0001")
    fill(database)
    measured = []
    for _ in range(3):
        read, files = work_done(database)
        with Watch(database) as watch:
            command.upgrade(config, "head")
        read_then, files_then = work_done(database)
        assert (read_then - read < 100, files_then) == (True, files)
        assert index_names(database) == set()
        assert watch.samples > 10
        measured.append(watch.longest)
        command.downgrade(config, "0001")
        if watch.longest < LONGEST_SECONDS:
            break
    assert min(measured) < LONGEST_SECONDS, measured
    deferred = "deferred create index lsif_data_documents_unique"
    assert capsys.readouterr().err.count(deferred) == len(measured)


def test_the_upgrade_lists_what_is_pending_and_since_when(config, database, capsys) -> None:
    command.upgrade(config, "0001")
    fill(database)
    command.upgrade(config, "head")
    said = capsys.readouterr().err
    for table in TABLES:
        assert f"deferred create index lsif_data_{table}_temp" in said
        assert f"deferred primary key lsif_data_{table}_pkey" in said


def test_after_apply_the_upgrade_adopts_and_builds_no_stand_in(config, database, capsys) -> None:
    command.upgrade(config, "0001")
    fill(database)
    env = environment.of_config(config)
    with Session(Url(database)) as session:
        world = World(session, SilentScreen(), Scope(wanted(env, ["0001"], "head")))
        assert {e.end for e in apply(world.look().plan, world)} == {End.DONE}
    command.upgrade(config, "head")
    said = capsys.readouterr().err
    assert said.count("outofband: adopted primary key lsif_data_") == len(TABLES)
    # Their columns came with this upgrade.
    assert said.count("deferred create index ") == len(VERSIONED)
    assert index_names(database) == KEYS


def where_things_stand(database: str, wants: Wanted) -> tuple[Standing, ...]:
    engine = sa.create_engine(database.replace("://", "+psycopg://", 1), poolclass=sa.NullPool)
    with engine.connect() as connection:
        steps = [w.step for w in (*wants.steps, *wants.unapplied)]
        return standings(wants, observe(DeployConnection(connection), steps))


@suites.ORACLE
def test_the_fold_of_every_prefix_is_what_running_it_leaves(config, database) -> None:
    known = environment.of_config(config)
    for revision in graph.every(known.script):
        command.upgrade(config, revision.revision)
        wants = wanted(known, [revision.revision])
        stand = where_things_stand(database, wants)
        assert all(standing.done for standing in filter(in_the_database, stand))
        kept = {s.step.name for s in stand if s.state.value in ("valid", "constraint_owned")}
        assert index_names(database) <= kept
    for revision in reversed(graph.every(known.script)):
        if revision.down_revision is None:
            break
        command.downgrade(config, str(revision.down_revision))
        wants = wanted(known, [str(revision.down_revision)])
        stand = where_things_stand(database, wants)
        assert all(standing.done for standing in filter(in_the_database, stand))


@suites.ORACLE
def test_on_tables_in_use_the_fold_of_every_prefix_is_pending(config, database) -> None:
    known = environment.of_config(config)
    command.upgrade(config, "0001")
    fill(database)
    for revision in graph.every(known.script)[1:]:
        command.upgrade(config, revision.revision)
        wants = wanted(known, [revision.revision])
        pending = [s.step for s in where_things_stand(database, wants) if not s.done]
        assert pending == [w.step for w in wants.steps]


def test_every_revision_renders_and_says_what_it_is(config) -> None:
    known = environment.of_config(config)
    scripts = graph.every(known.script)
    assert [s.revision for s in scripts] == [f"{number:04}" for number in range(1, 14)]
    for script, rendered in zip(scripts, render(known, scripts), strict=True):
        assert rendered.revision.problem is None
        assert len(script.longdoc.splitlines()) > 2
        assert Path(script.path).name.startswith(script.revision)


def test_with_a_destination_the_coming_steps_are_wanted_too(config) -> None:
    known = environment.of_config(config)
    assert len(wanted(known, ["0001"]).steps) == 0
    assert len(wanted(known, ["0001"], "0002").steps) == 5
    assert len(wanted(known, ["0001"], "head").steps) == 25
    assert len(wanted(known, ["0001"], "0002").unapplied) == 20
    assert len(wanted(known, []).unapplied) == 25


def packages_below(folder: Path) -> Iterator[Path]:
    return folder.rglob("__init__.py")


def test_nothing_here_hides_the_library() -> None:
    assert list(packages_below(ROOT / "alembic")) == []
    assert not Path(library.__file__).is_relative_to(ROOT / "alembic")
