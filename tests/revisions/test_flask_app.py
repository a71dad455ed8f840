"""Projects of Flask-Migrate: env.py and revisions that run within an application's context."""

from __future__ import annotations

import sys
from textwrap import dedent

import pytest

from outofband.revisions import history
from outofband.revisions.environment import configured

ENV_PY = """
from flask import current_app
from alembic import context
context.configure(dialect_name=current_app.dialect, transaction_per_migration=True)
"""
# What outofband uses of Flask, as Flask 3.1 has it.
FLASK = """
_entered = []

class _Proxy:
    def __getattr__(self, name):
        if not _entered:
            raise RuntimeError("Working outside of application context.")
        return getattr(_entered[-1], name)

current_app = _Proxy()

def has_app_context():
    return bool(_entered)
"""
CLI = """
import flask, importlib

class _Context:
    def __init__(self, app):
        self.app = app
    def push(self):
        flask._entered.append(self.app)

class ScriptInfo:
    def __init__(self, app_import_path=None):
        self.path = app_import_path
    def load_app(self):
        if not self.path:
            raise Exception("Could not locate a Flask application.")
        return importlib.import_module(self.path).App()

def load_dotenv():
    pass
"""
APP = """
from flask.cli import _Context

class App:
    dialect = "postgresql"
    name = "shop"
    def app_context(self):
        return _Context(self)
"""


@pytest.fixture
def shop(project, monkeypatch):
    """A Flask application with a folder of migrations of its own, and no alembic.ini beside it."""
    (project.folder / "flask").mkdir()
    (project.folder / "flask/__init__.py").write_text(FLASK)
    (project.folder / "flask/cli.py").write_text(CLI)
    (project.folder / "shop_of_flask.py").write_text(dedent(APP))
    (project.folder / "migrations/env.py").write_text(ENV_PY)
    (project.folder / "migrations/alembic.ini").write_text("[alembic]\n")
    project.revision(
        "named",
        "op.execute(f\"COMMENT ON TABLE t IS '{current_app.name}'\")",
        top="from flask import current_app",
    )
    for name in [name for name in sys.modules if name.partition(".")[0] == "flask"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(project.folder))
    return project


def read(shop) -> history.History:
    return history.read(configured([str(shop.folder / "migrations/alembic.ini")]))


def test_env_py_and_revisions_run_in_the_context_of_the_application(shop, monkeypatch) -> None:
    monkeypatch.setenv("FLASK_APP", "shop_of_flask")
    found = read(shop)
    assert found.environment.problem is None
    assert found.environment.transaction_per_migration
    (revision,) = found.revisions
    assert revision.problem is None
    assert [source.sql for source in revision.sources] == ["COMMENT ON TABLE t IS 'shop'"]


def test_without_an_application_both_say_so(shop, monkeypatch) -> None:
    monkeypatch.delenv("FLASK_APP", raising=False)
    found = read(shop)
    assert found.environment.problem is not None
    assert "FLASK_APP" in found.environment.problem.reason
    assert found.revisions[0].problem is not None


def test_an_ini_file_beside_no_env_py_still_has_to_name_its_folder(tmp_path) -> None:
    (tmp_path / "alembic.ini").write_text("[alembic]\n")
    config = configured([str(tmp_path / "alembic.ini")])
    assert not config.get_alembic_option("script_location")
