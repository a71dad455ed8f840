"""What a project's own tests get from several workers of pytest-xdist."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import suites
from outofband_lint.query_file import queries_from_sql
from rehearsed import Project

pytestmark = suites.RELEASE

Run = Callable[..., pytest.RunResult]
BOTH = "from outofband.testing import test_every_revision_up_down_up, test_head_matches_models"
ROWS = """
import psycopg, pytest
@pytest.mark.parametrize("n", range(3))
def test_rows(outofband_database, n):
    with psycopg.connect(outofband_database, autocommit=True) as session:
        assert session.execute("SELECT count(*) FROM items").fetchone() == (0,)
        session.execute("INSERT INTO items VALUES (1)")
        session.execute("CREATE TABLE made ()")
def test_left(outofband_server):
    with psycopg.connect(outofband_server.url()) as session:
        names = session.execute("SELECT datname FROM pg_database WHERE datname ~ '^outofband_'")
        assert len(names.fetchall()) <= 1
"""


QUERIES = """
import sqlalchemy as sa
from shop_models import items
def test_items(outofband_database, outofband_queries):
    url = sa.engine.make_url(outofband_database).set(drivername="postgresql+psycopg")
    with sa.create_engine(url).begin() as connection:
        connection.execute(items.insert(), {"id": 1, "name": "a secret"})
        connection.execute(sa.select(items.c.id).where(items.c.name == "a secret").limit(1))
        connection.execute(sa.text("DELETE FROM items WHERE name = 'a secret' AND id < 7"))
        connection.execute(sa.text("CREATE TABLE made ()"))
        assert sa.inspect(connection).get_table_names()
    assert len(outofband_queries) == 3
"""


def test_of_several_workers_each_has_databases_and_all_queries_come_into_one_file(
    project: Project, run: Run
) -> None:
    (project.folder / "test_rows.py").write_text(ROWS)
    run(QUERIES, "-n", "2", "--outofband-queries", "q.sql").assert_outcomes(passed=5)
    text = (project.folder / "q.sql").read_text()
    assert [(q.name.rpartition("_")[0], q.sql) for q in queries_from_sql(text, "q.sql")] == [
        ("delete_items", "DELETE FROM items WHERE name = $1 AND id < $2;"),
        ("insert_items", "INSERT INTO items (id, name) VALUES ($1::INTEGER, $2::VARCHAR);"),
        (
            "select_items",
            "SELECT items.id FROM items WHERE items.name = $1::VARCHAR LIMIT $2::INTEGER;",
        ),
    ]


@pytest.mark.usefixtures("project")
def test_several_workers_say_of_each_revision_what_one_would(run: Run) -> None:
    result = run(BOTH, "-n", "2", "--dist", "loadgroup")
    result.assert_outcomes(passed=4)
