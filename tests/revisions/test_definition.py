"""An index declared to us and to plain Alembic is one and the same index."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.operations.ops import CreateIndexOp

from outofband.model.index import Key
from outofband.model.names import QualifiedName
from outofband.revisions.definition import IndexWrong, index_of

TABLE = 'CREATE TABLE things (id int, path text, "Kind" text, at timestamptz, note text, more text)'

ARGUMENTS: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "columns": (["id", "path"], {}),
    "a column in capitals": (["Kind"], {}),
    "unique": (["id"], {"unique": True}),
    "text": ([sa.text("lower(path)")], {}),
    "text with a cast": ([sa.text("(id::text)")], {}),
    "text with an order": ([sa.text("at DESC NULLS LAST"), "id"], {}),
    "a function": ([sa.func.lower(sa.column("path"))], {}),
    "an expression": ([sa.column("id") + 1], {}),
    "descending": ([sa.column("at").desc(), "id"], {}),
    "nulls first": ([sa.column("at").asc().nulls_first()], {}),
    "a collation": ([sa.collate(sa.column("path"), "C")], {}),
    "a collation in parentheses": ([sa.text('(path COLLATE "C")')], {}),
    "an expression's collation": ([sa.text('((lower(path)) COLLATE "C") DESC')], {}),
    "a part's collation": ([sa.text('(path || note COLLATE pg_catalog."C")')], {}),
    "an operator class": (["path"], {"postgresql_ops": {"path": "text_pattern_ops"}}),
    "an access method": (["path"], {"postgresql_using": "hash"}),
    "included columns": (["id"], {"postgresql_include": ["note", "Kind"]}),
    "a condition as text": (["id"], {"postgresql_where": sa.text("note LIKE '50%' AND id > 1")}),
    "a condition": (["id"], {"postgresql_where": sa.column("note") == "it's 100%"}),
    "options": (["id"], {"postgresql_with": {"fillfactor": 70, "deduplicate_items": "off"}}),
    "nulls not distinct": (["id"], {"unique": True, "postgresql_nulls_not_distinct": True}),
    "nulls distinct": (["id"], {"unique": True, "postgresql_nulls_not_distinct": False}),
    "a tablespace": (["id"], {"postgresql_tablespace": "pg_default"}),
}


@pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=ARGUMENTS)
def test_what_we_build_is_what_alembic_builds(arguments, make_index, database: str) -> None:
    columns, options = arguments
    ours = index_of(CreateIndexOp("ours", "things", columns, **options)).create()
    with psycopg.connect(database, autocommit=True) as session:
        session.execute(TABLE)
        session.execute(ours)
        make_index(CreateIndexOp("plain", "things", columns, **options))
        rows = session.execute(
            "SELECT replace(pg_get_indexdef(indexrelid), indexrelid::regclass::text, 'x')"
            " FROM pg_index WHERE indrelid = 'things'::regclass"
        ).fetchall()
    assert len(rows) == 2
    assert rows[0] == rows[1]


@pytest.fixture
def make_index(database: str):
    def make(operation: CreateIndexOp) -> None:
        from alembic.operations import Operations
        from alembic.runtime.migration import MigrationContext

        engine = sa.create_engine(database.replace("://", "+psycopg://", 1))
        with engine.begin() as connection:
            Operations(MigrationContext.configure(connection)).invoke(operation)
        engine.dispose()

    return make


def test_names_and_keys_come_as_the_catalog_stores_them() -> None:
    index = index_of(CreateIndexOp("ix", "Things", ["Kind", sa.text("lower(path)")], schema="app"))
    assert index.table == QualifiedName("Things", "app")
    assert index.keys == (Key('"Kind"', column="Kind"), Key("(lower(path))"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('(path COLLATE "C")', Key("path", column="path", collation='"C"')),
        ('((path) COLLATE "C") DESC', Key("path", "path", '"C"', descending=True)),
        ('(lower(path) COLLATE x."C")', Key("(lower(path))", collation='x."C"')),
        ('((path || note) COLLATE "C")', Key("(path || note)", collation='"C"')),
        ('(path || note COLLATE "C")', Key('(path || note collate "C")')),
        ("((path))", Key("(path)")),
        ("(true)", Key("(true)")),
    ],
)
def test_a_collation_is_the_keys_within_parentheses_too(text: str, expected: Key) -> None:
    assert index_of(CreateIndexOp("ix", "things", [sa.text(text)])).keys == (expected,)


@pytest.mark.parametrize(
    ("columns", "options", "said"),
    [
        (["id"], {"postgresql_wehre": "id > 1"}, "Did you mean postgresql_where?"),
        (["id"], {"postgresql_color": "red"}, "there is no option postgresql_color"),
        (["id"], {"postgresql_concurrently": True}, "always built concurrently"),
        (["id"], {"postgresql_ops": {"id": "gist_trgm_ops(siglen=32)"}}, "parameters"),
        (["id"], {"wrong": 1}, "means nothing to SQLAlchemy"),
        ("id", {}, "Give a list of columns"),
        ([sa.text("id ! path")], {}, "is not understood"),
        ([sa.text("id); DROP TABLE things; --")], {}, "is not understood"),
    ],
)
def test_what_means_nothing_is_refused_in_words(columns, options, said: str, capsys) -> None:
    with pytest.raises(IndexWrong) as raised:
        index_of(CreateIndexOp("ix", "things", columns, **options))
    assert said in str(raised.value)
    assert raised.value.code == raised.value.exit_status == 2
    assert capsys.readouterr().err == f"outofband: {raised.value}\n"
