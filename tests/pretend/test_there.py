"""What the server has of production, and what an index would take that production does not have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from outofband.model.names import QualifiedName
from outofband.pretend import index_size
from outofband.pretend.there import (
    Keys,
    ServerIndex,
    Table,
    There,
    columns_by_oid,
    counterpart,
    differences,
)
from outofband.stats.value import Column, Index, Relation, Stats

DOCS = QualifiedName("docs", "public")
BODY = "btree (path) WHERE (id > 10)"
HERE = ServerIndex(
    7,
    QualifiedName("here", "public"),
    "base/1/7",
    frozenset({"path"}),
    DOCS,
    f"CREATE INDEX here ON public.docs USING {BODY}",
    False,
    "(id > 10)",
    Keys(("path",), (-1,), (4,)),
)


def production(name: str, body: str = BODY, unique: bool = False) -> Index:
    definition = f"CREATE INDEX {name} ON public.docs USING {body}"
    return Index("public", "docs", name, definition, 30, 1e4, 245760, unique=unique)


def test_an_index_is_known_by_its_definition_and_first_by_its_name() -> None:
    other, same = production("by_hand"), production("here")
    assert counterpart(HERE, [other, same]) is same
    assert counterpart(HERE, [other]) is other
    assert counterpart(HERE, [production("here", "btree (id)")]) is None
    assert counterpart(HERE, [production("here", unique=True)]) is None


def test_what_only_one_of_them_has_is_reported() -> None:
    expression = replace(HERE, name=QualifiedName("lower", "public"), definition="… USING x")
    there = There(
        {
            DOCS: Table(1, DOCS, "base/1/1", frozenset({"id", "path"})),
            QualifiedName("new", "public"): Table(
                2, QualifiedName("new", "public"), "base/1/2", frozenset()
            ),
        },
        (HERE, expression),
    )
    stats = Stats(
        relations=(
            Relation("public", "docs", 1, 1.0, 8192),
            Relation("public", "gone", 1, 1.0, 8192),
        ),
        columns=(
            Column("public", "docs", "path", 5.0, 0.0, 4),
            Column("public", "docs", "dropped", 5.0, 0.0, 4),
            Column("public", "by_hand", "path", 9.0, 0.0, 4),
        ),
    )
    matched = {HERE.name: replace(production("by_hand"), valid=False), expression.name: None}
    found = differences(there, stats, matched)
    assert list(found.lines()) == [
        "in the stats file and not in the schema: public.gone",
        "columns in the stats file and not in the schema: public.docs.dropped",
        "in the schema and not in the stats file, so empty: public.new",
        "indexes that production does not have: public.lower",
        "indexes that are INVALID in production: public.here",
    ]
    known = [(oid, column.n_distinct) for oid, column in columns_by_oid(there, stats, matched)]
    assert known == [(1, 5.0), (7, 9.0)]


@pytest.mark.parametrize(
    ("keys", "unique", "expected"),
    [
        (Keys(("id",), (4,), (4,)), True, (2700, 2800)),
        (Keys(("id", "path"), (4, -1), (4, 4)), False, (7800, 8400)),
        (Keys(("kind",), (-1,), (4,)), False, (800, 1000)),
        (Keys((None,), (-1,), (4,)), False, (5000, 7000)),
    ],
)
def test_pages_follow_from_the_definition(
    keys: Keys, unique: bool, expected: tuple[int, int]
) -> None:
    columns = [
        Column("public", "docs", "id", -1.0, 0.0, 4),
        Column("public", "docs", "path", -1.0, 0.0, 40),
        Column("public", "docs", "kind", 3.0, 0.0, 2),
    ]
    low, high = expected
    index = replace(HERE, keys=keys, unique=unique)
    assert low <= index_size.pages(index, 1_000_000.0, 20_000, columns) <= high


@pytest.mark.parametrize(
    ("method", "expected"), [("brin", (3, 4)), ("hash", (4098, 4098)), ("gist", (2700, 2800))]
)
def test_pages_follow_from_the_method(method: str, expected: tuple[int, int]) -> None:
    definition = f"CREATE INDEX here ON public.docs USING {method} (id)"
    index = replace(HERE, keys=Keys(("id",), (4,), (4,)), definition=definition)
    low, high = expected
    columns = [Column("public", "docs", "id", -1.0, 0.0, 4)]
    assert low <= index_size.pages(index, 1_000_000.0, 20_000, columns) <= high
