"""Questions by position: by the reader of both stores, and by the bare queries of the answers."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import psycopg

from codeintel.store.blobs import decode_document
from codeintel.store.dump import Dump
from codeintel.store.fallback import FallbackReader
from codeintel.store.folder import BundleFolder
from codeintel.store.postgres import PostgresBlobs
from codeintel.store.queries import query
from codeintel.store.rows import Rows

KINDS = ("hover", "definitions", "references")
_Connection = psycopg.Connection[Any]
_Place = tuple[str, int, int]


class Times(NamedTuple):
    """Medians of one kind of question, in seconds."""

    queries: float
    """The statements alone, one after the other, their rows fetched and thrown away."""
    bare: float
    """The same, and the answer made of the rows."""
    reader: float
    """The whole way of a request."""


def measured(
    connection: _Connection, folder: BundleFolder, dump_id: int, rows: Rows, questions: int
) -> dict[str, Times]:
    """Ask so many questions of each kind, in every way in turns, on an autocommit connection."""
    reader = FallbackReader(connection, folder)
    with psycopg.RawCursor(connection) as cursor:
        return {
            kind: _times(cursor, reader, dump_id, kind, places(rows, questions)) for kind in KINDS
        }


def _times(
    cursor: psycopg.RawCursor[Any],
    reader: FallbackReader,
    dump_id: int,
    kind: str,
    asked: Sequence[_Place],
) -> Times:
    seconds: dict[str, list[float]] = {way: [] for way in Times._fields}
    for turn, place in enumerate(asked):
        recorded = _Recorded(cursor, dump_id)
        answer = getattr(Dump(recorded), kind)(*place)

        def by_bare(place: _Place = place) -> Any:
            return getattr(Dump(PostgresBlobs(cursor, dump_id, _chunks(cursor, dump_id))), kind)(
                *place
            )

        def by_reader(place: _Place = place) -> Any:
            with reader.open(dump_id) as dump:
                return getattr(dump, kind)(*place)

        ways = {"queries": recorded.replay, "bare": by_bare, "reader": by_reader}
        names = list(ways)
        for name in names[turn % 3 :] + names[: turn % 3]:
            took, answered = _timed(ways[name])
            assert name == "queries" or answered == answer
            seconds[name].append(took)
    return Times(*(statistics.median(seconds[way]) for way in Times._fields))


def _timed(ask: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    answer = ask()
    return time.perf_counter() - started, answer


class _Recorded(PostgresBlobs):
    """Blobs that remember what they were asked."""

    def __init__(self, cursor: psycopg.RawCursor[Any], dump_id: int) -> None:
        super().__init__(cursor, dump_id, _chunks(cursor, dump_id))
        self._statements: list[tuple[str, tuple[object, ...]]] = [("metadata", ())]

    def _blob(self, name: str, *key: object) -> bytes | None:
        self._statements.append((name, key))
        return super()._blob(name, *key)

    def replay(self) -> None:
        """Ask the same again."""
        for name, key in self._statements:
            self._cursor.execute(query(name), [self._dump_id, *key]).fetchone()


def _chunks(cursor: psycopg.RawCursor[Any], dump_id: int) -> int:
    row = cursor.execute(query("metadata"), [dump_id]).fetchone()
    assert row is not None
    return int(row[0])


def places(rows: Rows, count: int) -> list[_Place]:
    """Choose the beginnings of ranges, as likely as they are many."""
    chance = random.Random(6)
    everywhere = [
        (row.path, range_.span.start_line, range_.span.start_character)
        for row in rows.documents
        for range_ in decode_document(row.data).ranges.values()
    ]
    return chance.sample(everywhere, count)
