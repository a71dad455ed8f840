"""The application's question, asked through every driver it may have."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg
import psycopg2
import pytest
from psycopg import rows
from sqlalchemy import NullPool, create_engine

from outofband import ready
from outofband.model.names import quote

HOSTILE = "a\\%s\\%(b)s\"' é"
CONNECTS: dict[str, Callable[[str], Any]] = {
    "psycopg": psycopg.connect,
    "psycopg, rows as dicts": lambda url: psycopg.connect(url, row_factory=rows.dict_row),
    "psycopg, rows as values": lambda url: psycopg.connect(url, row_factory=rows.scalar_row),
    "psycopg2": psycopg2.connect,
    "SQLAlchemy on psycopg": lambda url: alchemy(url, "psycopg"),
    "SQLAlchemy on psycopg2": lambda url: alchemy(url, "psycopg2"),
}


def alchemy(url: str, driver: str) -> Any:
    made = create_engine(url.replace("postgresql:", f"postgresql+{driver}:"), poolclass=NullPool)
    return made.connect()


@pytest.fixture
def dba(database: str) -> Iterator[Callable[[str], Any]]:
    """Runs statements on a database with the table ``docs``."""
    with psycopg.connect(database, autocommit=True) as session:
        session.execute("CREATE TABLE docs (id int NOT NULL)")
        yield session.execute


@pytest.fixture(params=CONNECTS)
def connection(request: pytest.FixtureRequest, database: str) -> Iterator[Any]:
    with closing(CONNECTS[request.param](database)) as opened:
        yield opened


@pytest.mark.parametrize("name", ["docs_id", "Docs Id", "a.b", "100%", HOSTILE])
def test_an_index_is_ready_once_it_is_there(dba: Any, connection: Any, name: str) -> None:
    assert not ready(connection, name)
    dba(f"CREATE INDEX {quote(name)} ON docs (id)")
    assert ready(connection, name) is True


def test_an_invalid_index_is_not_ready_until_it_is_valid(dba: Any, connection: Any) -> None:
    dba("CREATE INDEX docs_id ON docs (id)")
    flag = "UPDATE pg_index SET indisvalid = {} WHERE indexrelid = 'docs_id'::regclass"
    dba(flag.format(False))
    assert ready(connection, "docs_id") is False
    dba(flag.format(True))
    assert ready(connection, "docs_id") is True


@pytest.mark.parametrize("definition", ["CHECK (id > 0)", "FOREIGN KEY (id) REFERENCES others"])
@pytest.mark.parametrize("name", ["docs_rule", HOSTILE])
def test_a_constraint_without_an_index_is_ready_once_it_is_validated(
    dba: Any, connection: Any, name: str, definition: str
) -> None:
    dba("CREATE TABLE others (id int PRIMARY KEY)")
    dba(f"ALTER TABLE docs ADD CONSTRAINT {quote(name)} {definition} NOT VALID")
    assert ready(connection, name) is False
    dba(f"ALTER TABLE docs VALIDATE CONSTRAINT {quote(name)}")
    assert ready(connection, name) is True


def test_of_constraints_of_one_name_all_have_to_be_validated(dba: Any, connection: Any) -> None:
    dba("ALTER TABLE docs ADD CONSTRAINT rule CHECK (id > 0)")
    dba("CREATE TABLE others (id int)")
    dba("ALTER TABLE others ADD CONSTRAINT rule CHECK (id > 0) NOT VALID")
    assert not ready(connection, "rule")


def test_a_constraint_is_ready_by_its_index(dba: Any, connection: Any) -> None:
    dba("ALTER TABLE docs ADD CONSTRAINT docs_pkey PRIMARY KEY (id)")
    assert ready(connection, "docs_pkey")


def test_a_table_is_no_index(dba: Any, connection: Any) -> None:
    dba("CREATE INDEX docs_id ON docs (id)")
    assert not ready(connection, "docs")


def test_a_schema_may_be_named_and_else_the_search_path_decides(dba: Any, connection: Any) -> None:
    dba("CREATE SCHEMA apart")
    dba("CREATE TABLE apart.docs (id int)")
    dba("CREATE INDEX docs_id ON apart.docs (id)")
    assert not ready(connection, "docs_id")
    assert not ready(connection, "docs_id", schema="nowhere")
    assert ready(connection, "docs_id", schema="apart")


def test_true_is_remembered_for_the_connection_that_was_asked(
    dba: Any, connection: Any, database: str
) -> None:
    dba("CREATE INDEX docs_id ON docs (id)")
    assert ready(connection, "docs_id")
    dba("DROP INDEX docs_id")
    assert ready(connection, "docs_id")
    with psycopg.connect(database) as another:
        assert not ready(another, "docs_id")


def test_what_the_driver_raises_passes_through(database: str) -> None:
    closed = psycopg.connect(database)
    closed.close()
    with pytest.raises(psycopg.OperationalError):
        ready(closed, "docs_id")


def test_asking_loads_no_framework() -> None:
    heavy = {"alembic", "sqlalchemy", "psycopg", "click", "rich"}
    told = f"import sys, outofband; print(*sorted({heavy} & sys.modules.keys()))"
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
