"""Further sessions reach the database that env.py reaches, in the way that env.py does."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import create_engine, make_url

from outofband.revisions.connector import Connector, NotPostgres, connector, of_url
from outofband.revisions.environment import EnvPyFailed
from outofband.target import DatabaseNotReached, Target

ENGINE = """
import os
from alembic import context
from sqlalchemy import create_engine, event
{engine}
if context.is_offline_mode():
    context.configure(dialect=engine.dialect)
with engine.connect() as connection:
    context.configure(connection=connection)
"""


def test_a_psycopg_engine_gives_a_session_of_its_own(on_server) -> None:
    made = connector(on_server.environment)
    first, second = made.open(), made.open()
    with first, second:
        assert first.info.backend_pid != second.info.backend_pid
        assert first.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        first.autocommit = True
        assert first.execute("SELECT current_database()").fetchone() == (first.info.dbname,)


def test_creators_and_listeners_of_the_engine_hold(on_server) -> None:
    on_server.env_py(
        ENGINE.replace(
            "{engine}",
            """
import psycopg
url = os.environ["PROJECT_URL"].replace("+psycopg", "")
engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))

@event.listens_for(engine, "connect")
def name_it(connection, record):
    connection.execute("SET application_name = 'listened'")
    connection.commit()
    connection.execute("SELECT 'a transaction left open'")
""",
        )
    )
    made = connector(on_server.environment)
    with made.open() as session:
        assert session.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert session.execute("SHOW application_name").fetchone() == ("listened",)
        assert session.info.dbname in made.describe()


def test_a_psycopg2_engine_gives_what_libpq_needs(connect, database) -> None:
    made = connector(connect("psycopg2").environment)
    parameters = made.open()
    assert isinstance(parameters, dict)
    with psycopg.connect(**parameters) as session:
        assert session.info.dbname == make_url(database).database
    assert str(make_url(database).database) in made.describe()


def test_an_engine_with_a_pool_lends_nothing_out(on_server) -> None:
    on_server.env_py(
        ENGINE.replace(
            "{engine}",
            "engine = create_engine(os.environ['PROJECT_URL'], pool_size=1, max_overflow=0,"
            " pool_timeout=1)",
        )
    )
    made = connector(on_server.environment)
    sessions = [made.open() for _ in range(3)]
    for session in sessions:
        session.close()


def test_an_asynchronous_engine_gives_what_libpq_needs(database) -> None:
    engine = create_engine(database.replace("postgresql://", "postgresql+psycopg_async://"))
    with psycopg.connect(**Connector(engine).open()) as session:
        assert session.info.dbname == make_url(database).database


@pytest.mark.parametrize(
    ("url", "parameters"),
    [
        (
            "postgresql+asyncpg://u:p%40ss@h:5433/d?ssl=require",
            {
                "host": "h",
                "port": "5433",
                "user": "u",
                "password": "p@ss",
                "dbname": "d",
                "sslmode": "require",
            },
        ),
        ("postgresql+pg8000://u@h/d", {"host": "h", "user": "u", "dbname": "d"}),
        ("postgresql+asyncpg:///d", {"dbname": "d"}),
        (
            "postgresql+psycopg_async:///d?host=/tmp&port=5433",
            {"host": "/tmp", "port": "5433", "dbname": "d"},
        ),
    ],
)
def test_another_drivers_url_becomes_libpqs_parameters(url: str, parameters) -> None:
    assert of_url(make_url(url)) == parameters


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"host": "h", "port": 5432, "dbname": "d", "password": "x"}, "database d at h:5432"),
        ({"host": "of-the-password@h", "dbname": "d"}, "a database that its URL does not tell"),
        ({"host": "h", "database": "d"}, "database d at h"),
        ({"dbname": "d"}, "database d"),
        ({}, "the role's own database"),
    ],
)
def test_a_target_is_told_without_password(parameters, told: str) -> None:
    assert str(Target.of(parameters)) == told


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+psycopg://u:hunter2@127.0.0.1:1/d", "database d at 127.0.0.1:1: nothing"),
        ("postgresql+psycopg2://u:hunter2@127.0.0.1:1/d", "database d at 127.0.0.1:1: nothing"),
        ("postgresql+psycopg://u:hun@ter2@no.invalid/d", "the host name is unknown"),
        ("postgresql+psycopg2://u:hunter2@/d?host=/nowhere", "there is no such socket"),
    ],
)
def test_a_failing_connection_is_told_from_parsed_parts(project, monkeypatch, url, said) -> None:
    monkeypatch.setenv("PROJECT_URL", url)
    with pytest.raises(DatabaseNotReached) as raised:
        connector(project.environment)
    assert raised.value.exit_status == 5
    assert said in str(raised.value)
    assert not any(piece in str(raised.value) for piece in ("hunter2", "hun@", "ter2"))


def test_a_database_that_is_not_there_is_told(on_server, monkeypatch) -> None:
    monkeypatch.setenv("PROJECT_URL", on_server.url.replace("test_", "nothing_"))
    with pytest.raises(DatabaseNotReached, match="the server has no such database or role"):
        connector(on_server.environment)


def test_another_database_system_is_a_misuse(project, monkeypatch) -> None:
    monkeypatch.setenv("PROJECT_URL", "sqlite://")
    with pytest.raises(NotPostgres, match="connects to sqlite"):
        connector(project.environment)


def test_an_online_env_py_without_a_connection_is_a_misuse(project) -> None:
    project.env_py("from alembic import context\ncontext.configure(dialect_name='postgresql')\n")
    with pytest.raises(EnvPyFailed, match="configures no connection"):
        connector(project.environment)


def test_an_env_py_that_a_program_gives_its_connection_is_told_of_database_url(project) -> None:
    project.env_py(
        "from alembic import context\n"
        "if context.is_offline_mode():\n"
        "    context.configure(dialect_name='postgresql')\n"
        "else:\n"
        "    context.config.attributes.get('connection').engine\n"
    )
    with pytest.raises(EnvPyFailed, match="name the database by --database-url"):
        connector(project.environment)
