"""What rules are told about env.py, in the shapes that projects have it in."""

from __future__ import annotations

from pathlib import Path

import alembic
import pytest

from outofband.revisions import env_py, history

TEMPLATES = Path(alembic.__file__).parent / "templates"

CONNECT = """
from alembic import context
from sqlalchemy import engine_from_config, pool, text, func

def run_migrations_online():
    connectable = engine_from_config({}, poolclass=pool.NullPool)
    with connectable.connect() as connection:
        BEFORE
        context.configure(connection=connection)
        AFTER
        with context.begin_transaction():
            context.run_migrations()

run_migrations_online()
"""
BEGIN = CONNECT.replace("connectable.connect()", "connectable.begin()")
ASYNC = """
import asyncio
from alembic import context
from sqlalchemy.ext.asyncio import async_engine_from_config

def do_run_migrations(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

async def run_async_migrations():
    connectable = async_engine_from_config({})
    async with connectable.CONNECT as connection:
        await connection.run_sync(do_run_migrations)

asyncio.run(run_async_migrations())
"""
FLASK = """
import logging
from flask import current_app
from alembic import context

def get_engine():
    return current_app.extensions['migrate'].db.engine

target_db = current_app.extensions['migrate'].db

def run_migrations_online():
    conf_args = current_app.extensions['migrate'].configure_args
    connectable = get_engine()
    with connectable.connect() as connection:
        context.configure(connection=connection, **conf_args)
        with context.begin_transaction():
            context.run_migrations()

run_migrations_online()
"""
GUARDED = CONNECT.replace(
    "with context.begin_transaction()", "with guard(connection), context.begin_transaction()"
)


def shape(before: str = "pass", after: str = "pass", text: str = CONNECT) -> str:
    return text.replace("BEFORE", before).replace("AFTER", after)


def at(tmp_path: Path, text: str, what: str) -> str | None:
    """Return the text of the line that is told for something, None where nothing is."""
    path = tmp_path / "env.py"
    path.write_text(text)
    line = getattr(env_py.read(str(path)), what)
    return None if line is None else text.splitlines()[line - 1].strip()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (shape(), None),
        (shape(text=BEGIN), "with connectable.begin() as connection:"),
        (shape('connection.execute(text("SET x"))'), 'connection.execute(text("SET x"))'),
        (shape('connection.execute(text("SET x")); connection.commit()'), None),
        (shape('with connection.begin(): connection.execute(text("SET x"))'), None),
        (shape(after='connection.execute(text("SET x"))'), None),
        (shape("connection.begin()"), "connection.begin()"),
        (shape("trans = connection.begin()"), "trans = connection.begin()"),
        (ASYNC.replace("CONNECT", "connect()"), None),
        (ASYNC.replace("CONNECT", "begin()"), "async with connectable.begin() as connection:"),
        (FLASK, None),
        (
            shape(after="with connection.begin(): context.run_migrations()"),
            "with connection.begin(): context.run_migrations()",
        ),
    ],
)
def test_a_transaction_around_alembics_is_seen(tmp_path: Path, text: str, line: str | None) -> None:
    assert at(tmp_path, text, "outer_transaction") == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (shape(), None),
        (
            shape('connection.execute(text("SELECT pg_advisory_lock(1)"))'),
            'connection.execute(text("SELECT pg_advisory_lock(1)"))',
        ),
        (
            shape(after="connection.execute(func.pg_advisory_xact_lock(1))"),
            "connection.execute(func.pg_advisory_xact_lock(1))",
        ),
        (shape('connection.execute(text("SELECT pg_try_advisory_lock(1)"))'), None),
        (
            shape(
                '"pg_advisory_lock is what we avoid"', text=CONNECT.replace("def run", "def run")
            ),
            '"pg_advisory_lock is what we avoid"',
        ),
        ('"""We do not wait in pg_advisory_lock."""\n' + shape(), None),
    ],
)
def test_a_wait_for_an_advisory_lock_is_seen(tmp_path: Path, text: str, line: str | None) -> None:
    assert at(tmp_path, text, "blocking_advisory_lock") == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (shape(), None),
        (
            shape('connection.execute(text("SET lock_timeout = 2000"))'),
            'connection.execute(text("SET lock_timeout = 2000"))',
        ),
        (
            shape("engine = create(connect_args={'options': '-c lock_timeout=2s'})"),
            "engine = create(connect_args={'options': '-c lock_timeout=2s'})",
        ),
        (
            shape("engine = create(server_settings=dict(lock_timeout='2s'))"),
            "engine = create(server_settings=dict(lock_timeout='2s'))",
        ),
        (
            shape(
                "@event.listens_for(connectable, 'connect')\n        def on(c, _):\n"
                "            c.cursor().execute('SET lock_timeout = 1')"
            ),
            "c.cursor().execute('SET lock_timeout = 1')",
        ),
        ('"""No lock_timeout here."""\n' + shape(), None),
    ],
)
def test_a_lock_timeout_is_seen(tmp_path: Path, text: str, line: str | None) -> None:
    assert at(tmp_path, text, "lock_timeout") == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (shape(), None),
        (
            "from outofband.deploy import guard\n" + shape(text=GUARDED),
            "with guard(connection), context.begin_transaction():",
        ),
        (
            "from outofband.deploy import guard as g\n"
            + shape(text=GUARDED.replace("guard(c", "g(c")),
            "with g(connection), context.begin_transaction():",
        ),
        (
            "from outofband import deploy\n"
            + shape(text=GUARDED.replace("guard(c", "deploy.guard(c")),
            "with deploy.guard(connection), context.begin_transaction():",
        ),
        ("from ours import guard\n" + shape(text=GUARDED), None),
    ],
)
def test_the_guard_is_seen(tmp_path: Path, text: str, line: str | None) -> None:
    assert at(tmp_path, text, "guard") == line


@pytest.mark.parametrize("template", ["generic", "async", "multidb", "pyproject"])
def test_alembics_templates_do_nothing_that_a_rule_is_about(template: str) -> None:
    path = TEMPLATES / template / "env.py"
    found = env_py.read(str(path))
    assert (found.guard, found.lock_timeout, found.blocking_advisory_lock) == (None, None, None)
    assert found.outer_transaction is None
    assert "run_migrations(" in path.read_text().splitlines()[found.line - 1]


@pytest.mark.parametrize(
    ("configure", "options"),
    [
        ("context.configure(transaction_per_migration=True)", {"transaction_per_migration": True}),
        ("context.configure(version_table=T)", {"version_table": "mine"}),
        ("context.configure(version_table=f())", {}),
        ("alembic.context.configure(include_schemas=True)", {"include_schemas": True}),
        ("other.configure(version_table=T)", {}),
    ],
)
def test_literal_options_are_read(tmp_path: Path, configure: str, options: dict) -> None:
    path = tmp_path / "env.py"
    path.write_text(f"T = 'mine'\n{configure}\n")
    assert env_py.literal_options(str(path)) == options


@pytest.mark.parametrize("text", ["def (", "\0", "'\xe9".encode("latin-1")])
def test_an_env_py_that_is_no_python_is_a_place_only(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / "env.py"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert env_py.read(str(path)).line == 1
    assert env_py.literal_options(str(path)) == {}


def test_what_running_it_shows_overrules_what_it_says(project) -> None:
    project.env_py(
        "from alembic import context\nper = __name__ != ''\n"
        "context.configure(dialect_name='postgresql', transaction_per_migration=per)\n"
    )
    assert history.read(project.config).environment.transaction_per_migration
    assert not env_py.read(str(project.folder / "migrations/env.py")).transaction_per_migration
