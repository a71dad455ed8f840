"""A small project, and pytest as its authors run it."""

from __future__ import annotations

from collections.abc import Callable

import alembic.command  # noqa: F401 loaded once, and not by each run within
import psycopg  # noqa: F401
import pytest
import sqlalchemy.dialects.postgresql  # noqa: F401

from rehearsed import ENV, Project

pytest_plugins = ["pytester"]

MODELS = """
import sqlalchemy as sa
metadata = sa.MetaData()
items = sa.Table("items", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text),
)
sa.Index("items_name", items.c.name)
"""
MAKE = 'op.create_table("items", sa.Column("id", sa.Integer, primary_key=True))'
ADD = 'op.add_column("items", sa.Column("name", sa.Text))'
INDEX = 'op.create_index_out_of_band("items_name", "items", ["name"])'

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Three revisions in order, whose env.py names models."""
    project = Project(pytester.path)
    env = ENV.replace("connection=connection", "connection=connection, target_metadata=metadata")
    project.configure(env=f"from shop_models import metadata\n{env}")
    project.revise("1", MAKE, 'op.drop_table("items")')
    project.revise("2", ADD, 'op.drop_column("items", "name")')
    project.revise("3", INDEX, 'op.drop_index_out_of_band("items_name", "items")')
    pytester.makepyfile(shop_models=MODELS)
    pytester.syspathinsert()
    monkeypatch.setenv("PYTHONPATH", str(pytester.path))  # for the workers of xdist
    return project


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run pytest on a text, as a project of its own does."""

    def ran(tests: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_shop=tests)
        return pytester.runpytest_inprocess(*arguments, "-p", "no:cacheprovider")

    return ran
