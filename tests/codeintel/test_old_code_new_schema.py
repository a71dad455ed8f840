"""Readers of older releases go on reading in every state that a revision passes through.

A deploy replaces processes one by one, so that code of the release before meets each state of the
new schema: just upgraded with everything deferred, between any two statements of the runbook,
between any two batches of a backfill, and downgraded again. Each reader here is the code of a
release as it was, on the connection that it has had since, with its statements prepared.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory

import suites
from codeintel.bundle import Bundle, Document, Location, MonikerKey, Range, Span
from codeintel.schema_versions import SEED
from codeintel.store.postgres import PostgresStore
from codeintel.worker import prepare
from commands import OUTOFBAND, run
from outofband.backfill import Size

REPOSITORY = Path(__file__).parents[2]
DUMP = 1
DECLARES = re.compile(r"op\.(create|drop)\w+_out_of_band")


class Reader:
    """What a release asks of a dump; ``since`` is the revision that it was written for."""

    since: ClassVar[str]
    queries: ClassVar[tuple[str, ...]]
    prepares: ClassVar[int | None] = 0

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True, prepare_threshold=self.prepares)
        self.connection.execute("SET statement_timeout = '5s'")

    def read(self) -> list[object]:
        """Return the answers."""
        given = {"dump": DUMP}
        return [self.connection.execute(query, given).fetchall() for query in self.queries]


class Blobs(Reader):
    """The incident's own reader: one blob a question."""

    since = "0001"
    queries = (
        "SELECT num_result_chunks FROM lsif_data_metadata WHERE dump_id = %(dump)s",
        "SELECT data FROM lsif_data_documents WHERE dump_id = %(dump)s AND path = 'a' LIMIT 1",
        "SELECT data FROM lsif_data_result_chunks WHERE dump_id = %(dump)s AND idx = 0 LIMIT 1",
        "SELECT data FROM lsif_data_definitions WHERE dump_id = %(dump)s"
        " AND scheme = 's' AND identifier = 'i' LIMIT 1",
        "SELECT data FROM lsif_data_references WHERE dump_id = %(dump)s"
        " AND scheme = 's' AND identifier = 'i' LIMIT 1",
        "SELECT path FROM lsif_data_documents WHERE dump_id = %(dump)s"
        " AND path LIKE '' || '%%' ORDER BY path",
    )


class Diagnostics(Reader):
    """It shows how many diagnostics a document has without opening its blob."""

    since = "0004"
    queries = (
        "SELECT path, schema_version, num_diagnostics FROM lsif_data_documents"
        " WHERE dump_id = %(dump)s ORDER BY path",
    )


class Counts(Reader):
    """It shows how many places define and use a moniker."""

    since = "0005"
    queries = (
        "SELECT schema_version, num_locations, data FROM lsif_data_definitions"
        " WHERE dump_id = %(dump)s",
        "SELECT schema_version, num_locations, data FROM lsif_data_references"
        " WHERE dump_id = %(dump)s",
    )


class TwoStores(Reader):
    """It asks where a dump is before it opens it."""

    since = "0006"
    queries = (
        "SELECT EXISTS (SELECT FROM lsif_tombstones WHERE dump_id = %(dump)s)",
        "SELECT sha256 FROM lsif_moved_bundles WHERE dump_id = %(dump)s",
        "SELECT mode FROM lsif_mode",
        *Blobs.queries,
    )


class Bounds(Reader):
    """It asks which versions the rows of a dump have: the bounds, or where none are entered yet the
    rows themselves.
    """

    since = "0007"
    queries = tuple(
        f"SELECT coalesce(lowest, (SELECT min(schema_version) FROM {table} WHERE dump_id = asked)),"
        f" coalesce(highest, (SELECT max(schema_version) FROM {table} WHERE dump_id = asked))"
        " FROM (SELECT %(dump)s::int AS asked) AS question LEFT JOIN ("
        "   SELECT dump_id, min_schema_version AS lowest, max_schema_version AS highest"
        f"   FROM {table}_schema_versions) AS bounds ON dump_id = asked"
        for table in ("lsif_data_documents", "lsif_data_definitions", "lsif_data_references")
    )


class Today(Reader):
    """The store as it is now, which a rollback of the schema meets at every older revision."""

    since = "0001"
    prepares = 5

    def read(self) -> list[object]:
        """Return what requests see."""
        store = PostgresStore(self.connection)
        with store.open(DUMP) as dump:
            paths = [dump.exists(path) for path in ("a", "b", "c")]
        return [store.dumps(), store.exists(DUMP), store.exists(2), paths]


READERS: tuple[type[Reader], ...] = (Blobs, Diagnostics, Counts, TwoStores, Bounds, Today)


@dataclass
class Walk:
    """A database that goes through the revisions, and the readers that are at work on it."""

    folder: Path
    url: str
    connections: ExitStack
    readers: dict[type[Reader], Reader] = field(default_factory=dict)
    expected: dict[type[Reader], list[object]] = field(default_factory=dict)
    states: list[str] = field(default_factory=list)

    def alembic(self, do: Callable[[Config, str], None], revision: str) -> None:
        do(Config(self.folder / "alembic.ini"), revision)

    def sql(self, text: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(text)  # type: ignore[call-overload]

    def read(self, state: str, at: str) -> None:
        """Have every reader read that a database at the revision has to serve."""
        self.states.append(state)
        for kind in READERS:
            if kind.since > at:
                continue
            if kind not in self.readers:
                reader = self.readers[kind] = kind(self.url)
                self.connections.callback(reader.connection.close)
                self.expected[kind] = reader.read()
            told = self.readers[kind].read()
            assert told == self.expected[kind], f"{kind.__name__} reads otherwise {state}"

    def pending(self) -> list[str]:
        """Return what the runbook would send, statement by statement."""
        given = {**os.environ, "DATABASE_URL": self.url}
        planned = run([OUTOFBAND, "plan", "--format", "json"], self.folder, given)
        assert planned.returncode == 0, planned.stderr
        return [sql for step in json.loads(planned.stdout)["steps"] for sql in step["statements"]]


@pytest.fixture
def walk(tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Walk]:
    """The store at its first revision with a dump in it, each of whose tables counts as large."""
    monkeypatch.setenv("DATABASE_URL", store_url)
    (tmp_path / "pyproject.toml").write_text("[tool.outofband]\ninline_max_bytes = 0\n")
    (tmp_path / "alembic.ini").write_text(
        f"[alembic]\nscript_location = {REPOSITORY / 'alembic'}\npath_separator = os\n"
    )
    document = Document({"1": Range(Span(0, 0, 0, 1))}, {}, {}, {})
    key, at = MonikerKey("s", "i"), (Location("a", Span(0, 0, 0, 1)),)
    bundle = Bundle(1, {"a": document, "b": document}, {}, {key: at}, {key: at})
    with psycopg.connect(store_url, autocommit=True) as connection:
        PostgresStore(connection).write(DUMP, prepare(bundle))
        connection.execute("INSERT INTO lsif_data_result_chunks VALUES (1, 0, 'chunk')")
    with ExitStack() as connections:
        yield Walk(tmp_path, store_url, connections)


def revisions() -> list[Script]:
    script = ScriptDirectory(str(REPOSITORY / "alembic"))
    return [*script.walk_revisions()][::-1]


@suites.FAULTS
def test_every_reader_reads_in_every_state_on_the_way_up_and_down(walk: Walk) -> None:
    first, *later = revisions()
    walk.read("at the first revision", first.revision)
    for each in later:
        walk.alembic(command.upgrade, each.revision)
        walk.read(f"upgraded to {each.revision}", each.revision)
        for done in _what_is_deferred(walk, each):
            walk.read(f"at {each.revision} after {done}", each.revision)
    for each in reversed([first, *later[:-1]]):
        walk.alembic(command.downgrade, each.revision)
        walk.read(f"downgraded to {each.revision}", each.revision)
    builds = [state for state in walk.states if "INDEX CONCURRENTLY" in state]
    batches = [state for state in walk.states if "a batch of" in state]
    assert (len(builds), len(batches)) == (18, 3)  # 13 created and 5 dropped


def _what_is_deferred(walk: Walk, each: Script) -> Iterator[str]:
    """Do what the runbook would; yield at each statement and at each batch."""
    if DECLARES.search(Path(each.path).read_text()):
        for statement in walk.pending():
            walk.sql(statement)
            yield statement
    if each.revision == "0012":
        yield from _batches(walk)


def _batches(walk: Walk) -> Iterator[str]:
    with psycopg.connect(walk.url, autocommit=True) as connection:
        for unit in SEED.units(connection):
            with connection.transaction():
                SEED.batch(connection, unit, None, Size(1, 1 << 20))
            yield f"a batch of {unit.key}"


@pytest.mark.parametrize("kind", [k for k in READERS if k.since > "0001"], ids=lambda k: k.__name__)
def test_a_reader_does_need_its_revision(kind: type[Reader], walk: Walk) -> None:
    names = [each.revision for each in revisions()]
    before = names[names.index(kind.since) - 1]
    if before != "0001":
        walk.alembic(command.upgrade, before)
    reader = kind(walk.url)
    walk.connections.callback(reader.connection.close)
    with pytest.raises((psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedTable)):
        reader.read()
