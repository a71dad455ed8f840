"""What would have stopped it: the linter, on the pull request."""

from __future__ import annotations

import shutil

from codeintel.demo.acts.schema import first_revision
from codeintel.demo.scene import Scene
from codeintel.demo.stage import CHECKOUT

_PROJECT = ("alembic.ini", "alembic/env.py")


def lint(scene: Scene) -> None:
    """Judge the incident's revision alone, in a project that has no other."""
    scene.screen.act(
        "What would have stopped it",
        "The revision alone, as it stood in its pull request. The linter needs no database.",
    )
    folder = scene.stage.folder / "pull-request"
    versions = folder / "alembic" / "versions"
    versions.mkdir(parents=True)
    for file in _PROJECT:
        shutil.copy(CHECKOUT / file, folder / file)
    shutil.copy(first_revision().path, versions)
    scene.run("outofband", "lint", expected=[1], folder=folder)
