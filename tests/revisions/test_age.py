"""How old a revision is: its Create Date, in every form that Alembic's template writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from outofband.revisions.age import create_dates, pending_ages

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def scripts(tmp_path: Path) -> ScriptDirectory:
    """A new project of Alembic's own making."""
    config = Config(tmp_path / "alembic.ini")
    config.set_main_option("script_location", str(tmp_path / "migrations"))
    command.init(config, str(tmp_path / "migrations"))
    return ScriptDirectory(str(tmp_path / "migrations"))


@pytest.mark.parametrize(
    ("written", "age"),
    [
        ("Create Date: 2026-03-08 12:00:00.000000", timedelta(days=2)),
        ("Create Date: 2026-03-08 12:00:00+00:00", timedelta(days=2)),
        ("Create Date: 2026-03-10 12:00:00.123456+02:00", timedelta(hours=2, microseconds=-123456)),
        ("Create Date: 2026-03-08", timedelta(days=2, hours=12)),
        ("Create Date:   2026-03-08 12:00:00   ", timedelta(days=2)),
        ("Create Date: 2026-04-01 12:00:00", timedelta()),
        ("Create Date: last Tuesday", None),
        ("Created by hand", None),
        ("", None),
    ],
)
def test_the_create_date_tells(
    scripts: ScriptDirectory, tmp_path: Path, written: str, age: timedelta | None
) -> None:
    text = f'"""x\n\nRevision ID: a\n{written}\n\n"""\nrevision, down_revision = "a", None\n'
    (tmp_path / "migrations" / "versions" / "a.py").write_text(text)
    found = pending_ages(create_dates(scripts.walk_revisions()), NOW)
    assert found == ({} if age is None else {"a": age})


def test_what_alembic_itself_writes_is_read(scripts: ScriptDirectory) -> None:
    scripts.generate_revision("b", "message", head="base")
    (age,) = pending_ages(create_dates(scripts.walk_revisions()), datetime.now(UTC)).values()
    assert age < timedelta(days=1)
