"""Names that only quoting gets through, off the search_path."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg import sql

from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import AddConstraint, CreateIndex

HOSTILE = [
    'quo"ted',
    "apo'strophe",
    "with space",
    "trailing ",
    "naïve-Übung-索引-🦉",
    "select",
    "percent%s%(x)s%",
    "back\\slash",
    "semi;colon--comment",
    "colon:name::text",
    "${jndi}",
    "é" * 31 + "x",
    "MixedCase",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_is_too_strange(db: Any, name: str) -> None:
    """Seen, built, adopted and dropped, in a schema off the search_path."""
    schema = sql.Identifier(name).as_string()
    db.sql(f"CREATE SCHEMA {schema}")
    db.sql(f"CREATE TABLE {schema}.{schema} ({schema} text, id int)")
    db.sql(f"INSERT INTO {schema}.{schema} SELECT n, n FROM generate_series(1, 10) AS n")
    table = QualifiedName(name, name)
    index_name = f"{name[:20]} idx"
    step = CreateIndex(Index(index_name, table, (Key.of(name),), unique=True))
    assert db.standing(step).state is State.ABSENT
    assert [e.end.value for e in db.apply(step)] == ["done"]
    assert db.standing(step).state is State.VALID
    other = CreateIndex(Index(f"{name[:20]} 2", table, (Key.of(name),), unique=True))
    assert [e.end.value for e in db.apply(other)] == ["done"]
    assert f"{name[:20]} 2" in db.indexes()
    unique = AddConstraint(f"{name[:20]} c", table, "unique_constraint", (name,), other.name)
    endings = db.apply(other, unique)
    assert [(e.planned.step.name, e.why) for e in endings] == [(unique.name, "")]
    assert db.indexes() == {f"{name[:20]} c": True}
