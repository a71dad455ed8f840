"""The tables of a schema are a value, whichever of its versions is looked at, in whatever order."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from outofband_lint.engine import lint
from outofband_lint.names import QualifiedName
from outofband_lint.schema import Index, Table, TableConstraint, Tables
from outofband_lint.settings import Settings
from outofband_lint.source import Revision, Source
from outofband_lint.statement import IndexKey

NAMES = [QualifiedName(f"t{n}", schema) for n in range(6) for schema in ("public", "pg_temp")]


def table(chance: random.Random) -> Table:
    """A table with some of whatever a table can be found by."""
    name, *others = chance.sample(NAMES, 4)
    indexes = tuple(Index(f"i{n}", (IndexKey("a"),)) for n in chance.sample(range(4), 2))
    key = TableConstraint(f"c{chance.randrange(3)}", "foreign_key", references=others[0])
    return Table(
        name,
        indexes=indexes,
        constraints=(key,) if chance.random() < 0.5 else (),
        partition_of=others[1] if chance.random() < 0.3 else None,
        inherits=(others[2],) if chance.random() < 0.3 else (),
    )


def holds(tables: Tables, expected: dict[QualifiedName, Table]) -> None:
    """Every question has the answer that a look at every table gives."""
    every = expected.values()
    assert dict(tables.items()) == expected
    assert len(tables) == len(expected)
    assert set(tables) == set(tables.keys()) == expected.keys()
    assert set(tables.temporary()) == {n for n in expected if n.schema == "pg_temp"}
    for name in NAMES:
        assert tables.get(name) == expected.get(name)
        assert (name in tables) == (name in expected)
        children = {t.name for t in every if t.partition_of == name or name in t.inherits}
        assert {t.name for t in tables.children(name)} == children
        referring = {t.name for t in every if any(c.references == name for c in t.constraints)}
        assert {t.name for t in tables.referring_to(name)} == referring
    for schema in ("public", "pg_temp"):
        there = [t for t in every if t.name.schema == schema]
        for n in range(4):
            found = tables.with_index(QualifiedName(f"i{n}", schema))
            having = [t for t in there if t.index(f"i{n}")]
            assert found in having if having else found is None
            constrained = any(t.constraint(f"c{n}") for t in there)
            assert tables.has_constraint(QualifiedName(f"c{n}", schema)) == constrained


@pytest.mark.parametrize("seed", range(20))
def test_every_version_answers_as_if_it_were_alone(seed: int) -> None:
    chance = random.Random(seed)
    versions: list[tuple[Tables, dict[QualifiedName, Table]]] = [(Tables(), {})]
    for _ in range(60):
        tables, expected = chance.choice(versions[-5:])
        if expected and chance.random() < 0.3:
            name = chance.choice(sorted(expected, key=str))
            left = {n: t for n, t in expected.items() if n != name}
            versions.append((tables.without(name), left))
        else:
            new = table(chance)
            versions.append((tables.put(new), {**expected, new.name: new}))
        holds(*chance.choice(versions))
    for version in versions:
        holds(*version)


def test_a_version_may_be_iterated_while_another_is_looked_at() -> None:
    first = Tables(Table(name) for name in NAMES)
    second = first.without(NAMES[0])
    seen = [name for name in first if NAMES[0] not in second]
    assert set(seen) == set(NAMES)


def test_a_change_leaves_the_version_before_alone() -> None:
    before = Tables([Table(NAMES[0])])
    after = before.put(replace(before[NAMES[0]], unlogged=True))
    assert (before[NAMES[0]].unlogged, after[NAMES[0]].unlogged) == (False, True)


def calls(work: Callable[[], object]) -> int:
    """How many Python functions are called: a measure of time on which no other process counts."""
    count = 0

    def note(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


SHAPES = {
    "tables": "CREATE TABLE t{n} (id int PRIMARY KEY, a int, b int)",
    "indexes": "CREATE INDEX ON t{n} (a); DROP INDEX t{n}_a_idx",
    "foreign keys to one table": "ALTER TABLE t{n} ADD FOREIGN KEY (a) REFERENCES hub (id)",
    "columns": "ALTER TABLE t{n} ADD COLUMN c text, DROP COLUMN b",
    "renames": "ALTER TABLE t{n} RENAME TO moved{n}",
    "savepoints": "SAVEPOINT s; DROP TABLE t{n}; ROLLBACK TO SAVEPOINT s",
    "types": "CREATE TYPE e{n} AS ENUM ('a')",
    "rows": "INSERT INTO t{n} VALUES (1, 2, 3)",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_four_times_the_statements_are_four_times_the_work(shape: str) -> None:
    def revisions(count: int) -> list[Revision]:
        numbers = range(count)
        tables = ["CREATE TABLE hub (id int PRIMARY KEY)"]
        tables += [SHAPES["tables"].format(n=n) for n in numbers]
        changes = [sql for n in numbers for sql in SHAPES[shape].format(n=n).split("; ")]
        return [
            Revision("1", "a.py", sources=tuple(Source(s, "a.py", 1) for s in tables)),
            Revision("2", "b.py", ("1",), sources=tuple(Source(s, "b.py", 1) for s in changes)),
        ]

    few, many = revisions(100), revisions(400)
    lint(few, Settings())
    assert calls(lambda: lint(many, Settings())) < 4.5 * calls(lambda: lint(few, Settings()))
