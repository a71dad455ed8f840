"""Rows of every type and shape are moved whole, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from outofband.runbook.duplicates.move import move
from outofband.runbook.duplicates.policy import Dedupe
from outofband.runbook.duplicates.quarantine import make, quarantine_of
from outofband.runbook.ending import End
from outofband.runbook.world import Scope, World, look

TYPES = {
    "bytea": r"'\xdeadbeef'",
    "json": """'{"b": 1, "a": [1, 2]}'""",
    "jsonb": """'{"b": 1, "a": [1, 2]}'""",
    "int[]": "'[2:3]={1,NULL}'",
    "numeric": "1.50",
    "float8": "'NaN'",
    "tsvector": "'a:1 b:2'",
    "point": "'(1,2)'",
    "timestamptz": "'2020-01-01 00:00:00.000001+03'",
    "text": "(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 2000) AS n)",
    'text COLLATE "C"': "'quo\"ted, (back\\slash) %s'",
    "int4range": "'[1,5)'",
    "bit(3)": "B'101'",
}


@pytest.mark.parametrize("kind", TYPES)
def test_rows_of_any_type_are_moved_whole(db: Any, steps: Any, kind: str) -> None:
    db.sql(f"CREATE TABLE docs (id int NOT NULL, value {kind}, note text)")
    db.sql(f"INSERT INTO docs SELECT 1, CAST({TYPES[kind]} AS {kind.partition(' ')[0]}), 'n'")
    db.sql("INSERT INTO docs TABLE docs")
    db.sql("INSERT INTO docs SELECT 1, value, 'other' FROM docs LIMIT 1")
    image = db.sql("SELECT value::text FROM docs LIMIT 1")
    (ending,) = db.apply(
        steps.create("u", "docs", "id", "note", unique=True),
        dedupe=Dedupe.IDENTICAL,
    )
    assert ending.end is End.DONE
    (place,) = db.sql("SELECT oid::regclass::text FROM pg_class WHERE relname LIKE 'docs\\_%'")
    assert db.sql(f"SELECT value::text FROM {place}") == image
    assert db.sql("SELECT count(*) FROM docs") == [2]


def test_rows_that_look_alike_and_are_not_stay(db: Any, steps: Any, screen: Any) -> None:
    """The hash over a row's text only proposes; the image of the row decides."""
    db.sql("CREATE TABLE docs (id int NOT NULL, value float8)")
    db.sql("INSERT INTO docs VALUES (1, 0.1 + 0.2::float8), (1, 0.3)")
    name = db.sql("SELECT current_database()")[0]
    db.sql(f"ALTER DATABASE {name} SET extra_float_digits = 0")
    (ending,) = db.apply(
        steps.create("u", "docs", "id", unique=True), screen=screen, dedupe=Dedupe.IDENTICAL
    )
    assert ending.end is End.FAILED
    assert db.sql("SELECT count(*) FROM docs") == [2]


@pytest.mark.parametrize(
    "columns",
    [
        ("n", "r", "g", "k", "x"),
        ("docs", "outofband", "pair", "kept", "moved"),
        ("place", "extra", "keeper", "identity", "image"),
        ("per%cent", "per%s", "%(step)s", 'quo"te', "select"),
    ],
)
def test_columns_may_bear_any_name(db: Any, steps: Any, columns: tuple[str, ...]) -> None:
    quoted = ['"' + name.replace('"', '""') + '"' for name in columns]
    db.sql(f"CREATE TABLE docs ({', '.join(f'{name} int' for name in quoted)})")
    for _ in range(2):
        db.sql("INSERT INTO docs VALUES (1, 2, 3, 4, 5)")
    step = steps.create(
        "u", "docs", *columns, unique=True, where=f"{quoted[0]}::text NOT LIKE 'a%'"
    )
    (ending,) = db.apply(step, dedupe=Dedupe.IDENTICAL)
    assert (ending.end, ending.why) == (End.DONE, "")
    assert db.sql("SELECT count(*) FROM docs") == [1]


class Overtaken:
    """A session in whose back other rows take the places of those that were found."""

    def __init__(self, session: Any, db: Any) -> None:
        self._session, self._db, self._moved = session, db, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def write(self, sql: str, parameters: Any = None) -> Any:
        found = self._session.write(sql, parameters)
        if sql.startswith("FETCH") and not self._moved:
            self._moved = True
            self._db.sql("DELETE FROM docs")
            self._db.sql("VACUUM docs")
            self._db.sql("INSERT INTO docs VALUES (NULL), (NULL)")
            places = self._db.sql("SELECT ctid::text FROM docs ORDER BY ctid")
            assert places == [found[0]["keeper"], found[0]["extra"]]
        return found


def test_rows_that_the_index_does_not_forbid_stay_whatever_place_they_took(
    db: Any, steps: Any, session: Any, screen: Any
) -> None:
    db.sql("CREATE TABLE docs (id int)")
    db.sql("INSERT INTO docs VALUES (1), (1)")
    step = steps.create("u", "docs", "id", unique=True)
    table = look(session, Scope(steps.wants(step))).seen.table(step.table)
    place = quarantine_of(session, table)
    make(session, place)
    world = World(Overtaken(session, db), screen, Scope(steps.wants(step)))
    moved = move(world, step.index, place, policy=Dedupe.IDENTICAL, step="u")
    assert (moved, db.sql("SELECT count(*) FROM docs")) == (0, [2])
