"""Alembic runs the linter on the revision that it has just written."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

HOOKS = """
[post_write_hooks]
hooks = lint
lint.type = TYPE
lint.options = lint REVISION_SCRIPT_FILENAME
"""
FORMS = {
    "console_scripts": "console_scripts\nlint.entrypoint = outofband",
    "exec": "exec\nlint.executable = outofband",
}
MODELS = """
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table("orders", metadata, sa.Column("id", sa.Integer, primary_key=True))
"""


@pytest.mark.parametrize("form", FORMS)
def test_what_lint_says_of_a_new_revision_is_shown_at_once(project, form, monkeypatch) -> None:
    folder = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", os.pathsep.join([folder, os.environ["PATH"]]))
    settings = '[tool.outofband]\nseverity = {"integer-primary-key" = "warning"}\n'
    project.write("pyproject.toml", settings)
    project.run("alembic init migrations")
    ini = project.folder / "alembic.ini"
    url = project.url.replace("postgresql://", "postgresql+psycopg://", 1).replace("%", "%%")
    text = re.sub(r"(?m)^sqlalchemy\.url = .*", f"sqlalchemy.url = {url}", ini.read_text())
    text = re.sub(r"(?m)^\[post_write_hooks\]$", HOOKS.replace("TYPE", FORMS[form]), text)
    ini.write_text(text)
    env_py = project.folder / "migrations/env.py"
    models = "from models import metadata as target_metadata"
    env_py.write_text(env_py.read_text().replace("target_metadata = None", models))
    project.write("models.py", MODELS)
    printed = project.run("alembic revision --autogenerate --rev-id 1")
    assert re.search(r"migrations/versions/1_\.py:\d+: warning\[integer-primary-key\]", printed)
