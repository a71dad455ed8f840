"""A label of an enum: in the deploy, ahead of it, in a script, and in the fold of revisions."""

from __future__ import annotations

import io

import psycopg
import pytest
from alembic import command

from outofband.model.names import QualifiedName
from outofband.model.step import AddEnumValue
from outofband.revisions.folding.fold import fold
from outofband.revisions.operations.enum import LabelMisplaced
from outofband.revisions.render import Rendered
from outofband_lint.source import Revision, Source

MADE = "op.execute(\"CREATE TYPE mood AS ENUM ('sad', 'ok')\")"
ADD = 'op.add_enum_value_out_of_band("mood_glad", "mood", "it\'s fine", before="ok")'


@pytest.fixture
def chain(on_server):
    on_server.revision("r1", MADE)
    on_server.revision("r2", ADD)
    return on_server


def labels(project) -> list[str]:
    with psycopg.connect(project.libpq_url) as session:
        rows = session.execute("SELECT enumlabel FROM pg_enum ORDER BY enumsortorder")
        return [label for (label,) in rows]


@pytest.mark.parametrize("to", [("head",), ("r1", "head")])
def test_the_upgrade_adds_it_in_its_place(chain, capsys, to) -> None:
    for revision in to:
        chain.upgrade(revision)
    assert labels(chain) == ["sad", "it's fine", "ok"]
    assert capsys.readouterr().err == ""


def test_one_that_is_there_is_left_where_it_is(chain, capsys) -> None:
    chain.upgrade("r1")
    chain.sql("ALTER TYPE mood ADD VALUE 'it''s fine'")
    chain.upgrade()
    assert labels(chain) == ["sad", "ok", "it's fine"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("DROP TYPE mood", "there is no enum mood"),
        ("ALTER TYPE mood RENAME VALUE 'ok' TO 'well'", "mood has no label 'ok'"),
    ],
)
def test_what_is_in_the_way_is_said(chain, capsys, change: str, why: str) -> None:
    chain.upgrade("r1")
    chain.sql(change)
    chain.upgrade()
    assert f"deferred enum value mood_glad: {why}" in capsys.readouterr().err


def test_a_script_adds_it_and_may_run_twice(chain) -> None:
    chain.upgrade("r1")
    config = chain.config
    config.output_buffer = io.StringIO()
    command.upgrade(config, "r1:r2", sql=True)
    text = config.output_buffer.getvalue()
    assert "-- outofband: step mood_glad" in text
    block = text[text.index("DO ") : text.index(";", text.index("END\n"))]
    with psycopg.connect(chain.libpq_url, autocommit=True) as session:
        session.execute(text)
        session.execute(block)
    assert labels(chain) == ["sad", "it's fine", "ok"]


def test_it_has_one_place(chain) -> None:
    both = 'op.add_enum_value_out_of_band("x", "mood", "y", before="ok", after_value="sad")'
    chain.revision("r3", both)
    with pytest.raises(LabelMisplaced, match="before one label and after another"):
        chain.upgrade()


MOOD = QualifiedName("mood")
GLAD = AddEnumValue("mood_glad", MOOD, "glad", after_value="ok")


@pytest.mark.parametrize(
    ("event", "left"),
    [
        ("DROP TYPE mood", []),
        ("DROP TABLE other", [GLAD]),
        (
            "ALTER TYPE mood RENAME TO feeling",
            [AddEnumValue("mood_glad", QualifiedName("feeling"), "glad", after_value="ok")],
        ),
        (
            "ALTER TYPE mood SET SCHEMA app",
            [AddEnumValue("mood_glad", QualifiedName("mood", "app"), "glad", after_value="ok")],
        ),
        (
            "ALTER TYPE mood RENAME VALUE 'glad' TO 'happy'",
            [AddEnumValue("mood_glad", MOOD, "happy", after_value="ok")],
        ),
        (
            "ALTER TYPE mood RENAME VALUE 'ok' TO 'well'",
            [AddEnumValue("mood_glad", MOOD, "glad", after_value="well")],
        ),
        ("ALTER TYPE other RENAME VALUE 'ok' TO 'well'", [GLAD]),
    ],
)
def test_it_follows_what_revisions_do_later(event, left) -> None:
    sources = (Source(GLAD.plain_sql, "r.py", 1, out_of_band=True), Source(event, "r.py", 2))
    entries = fold([Rendered(Revision("r", "r.py", sources=sources), (GLAD,))]).entries
    assert [entry.step for entry in entries] == left
