"""The linter's schema after every revision is what Postgres holds after really running it."""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config

import suites
from catalog_oracle import read_in_full, shape
from outofband.revisions import environment, graph
from outofband.revisions.render import Rendered, render
from outofband_lint.reader import read
from outofband_lint.schema import Schema, fold

pytestmark = suites.ORACLE

ROOT = Path(__file__).parents[2]


def schema_after(rendered: tuple[Rendered, ...]) -> Schema:
    schema = Schema()
    for one in rendered:
        schema = schema.new_session()
        for source in one.revision.sources:
            for statement in read(source.sql):
                schema = fold(schema, statement, revision=one.revision.id)
    return schema


def test_every_prefix_of_the_own_revisions_folds_to_the_catalog(database, monkeypatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database.replace("://", "+psycopg://", 1))
    config = Config(str(ROOT / "alembic.ini"))
    script = environment.of_config(config).script
    rendered = render(environment.of_config(config), graph.every(script))
    for count, revision in enumerate(graph.every(script), start=1):
        command.upgrade(config, revision.revision)
        with psycopg.connect(database) as connection:
            real = shape(read_in_full(connection))
        del real["public.alembic_version"]
        assert shape(schema_after(rendered[:count])) == real, revision.revision
