"""A statement that would wait for a live build, and everybody behind it, is refused at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import create_engine, text

from outofband.deploy import guard
from outofband.deploy.live_build import BuildIsLive

BUILDS = "SELECT pid FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting%%'"


@pytest.fixture
def build(database: str) -> Iterator[int]:
    """A build on a partition's table that waits for a writer; the process that does it."""
    with (
        psycopg.connect(database) as writer,
        psycopg.connect(database, autocommit=True) as builder,
    ):
        writer.execute("CREATE TABLE docs (id int PRIMARY KEY, a int) PARTITION BY RANGE (id)")
        writer.execute("CREATE TABLE docs_1 PARTITION OF docs DEFAULT")
        writer.execute("CREATE TABLE others (a int)")
        writer.execute("CREATE INDEX docs_1_a ON docs_1 (a)")
        writer.commit()
        writer.execute("INSERT INTO docs_1 VALUES (1, 1)")
        thread = threading.Thread(
            target=builder.execute, args=("CREATE INDEX CONCURRENTLY docs_1_b ON docs_1 (a)",)
        )
        thread.start()
        try:
            with psycopg.connect(database, autocommit=True) as witness:
                while (found := witness.execute(BUILDS).fetchone()) is None:
                    assert thread.is_alive()
            yield found[0]
        finally:
            writer.rollback()
            thread.join()


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE docs_1 ADD COLUMN c int",
        "ALTER TABLE public.docs ADD COLUMN c int",
        "SELECT 1; ALTER TABLE docs_1 DROP COLUMN a",
        "CREATE TABLE refers (id int REFERENCES docs_1 (id))",
        "ALTER TABLE others ADD FOREIGN KEY (a) REFERENCES docs (id)",
        "DROP INDEX docs_1_a",
        "DROP TABLE docs_1",
        "TRUNCATE docs_1",
        "CREATE INDEX ON docs_1 (id, a)",
    ],
)
def test_what_needs_the_table_is_not_even_sent(build: int, database: str, sql: str) -> None:
    engine = create_engine(database.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        with pytest.raises(BuildIsLive) as refused, guard(connection):
            connection.execute(text(sql))
        assert not connection.in_transaction()
    engine.dispose()
    assert refused.value.exit_status == 3
    assert f"process {build} builds or repairs index docs_1_b of docs_1, phase waiting for" in str(
        refused.value
    )
    assert f"SELECT pg_cancel_backend({build});" in str(refused.value)


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE others ADD COLUMN c int",
        "INSERT INTO docs_1 VALUES (2, 2)",
        "SELECT 'ALTER TABLE docs_1 ADD COLUMN c int' FROM docs_1",
        "CREATE TABLE refers (id int)",
        "ALTER TABLE nowhere.docs RENAME TO docs",
    ],
)
@pytest.mark.usefixtures("build")
def test_what_can_go_on_beside_it_does(database: str, sql: str) -> None:
    engine = create_engine(database.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection, guard(connection):
        if "nowhere" in sql:
            with pytest.raises(Exception, match="nowhere"):
                connection.execute(text(sql))
            connection.rollback()
        else:
            connection.execute(text(sql))
    engine.dispose()
