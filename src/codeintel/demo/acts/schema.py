"""The schema of the incident: the first revision and no other."""

from __future__ import annotations

from alembic.config import Config
from alembic.script import Script, ScriptDirectory

from codeintel.demo.scene import Scene
from codeintel.demo.stage import CHECKOUT


def make_tables(scene: Scene) -> None:
    """Apply the revision that forgot the indexes."""
    scene.screen.act(
        "The tables go live",
        "The revision that makes them has lost its indexes on the way from a branch. "
        "On empty tables nobody notices.",
    )
    scene.run("alembic", "upgrade", first_revision().revision, expected=[0])


def first_revision() -> Script:
    """Return the revision that everything is built on."""
    script = ScriptDirectory.from_config(Config(CHECKOUT / "alembic.ini"))
    return next(revision for revision in script.walk_revisions() if revision.is_base)
