"""What a branch began from: read once for each commit, which never changes, and kept."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from outofband import wire
from outofband.gate.request import Request
from outofband.gate.shelf import Shelf
from outofband.revisions.edited import Print, edited
from outofband.revisions.environment import configured
from outofband.revisions.history import Reading
from outofband.revisions.since import Departure, Past, departure, past
from outofband_lint.source import Base, Revision


def base_of(request: Request, ref: str, reading: Reading, now: Sequence[Revision]) -> Base:
    """Return what the branch began from, by the merge base with ``ref``.

    ``now`` are the revisions of today. Uncommitted and untracked files count as the branch. Raises
    NotInGit, ShallowClone or GitRefUnknown.
    """
    config = configured(request.configs, request.name, request.x)
    left = departure(config, ref)
    words = [*request.configs, "", request.name, *request.x, "", str(reading), str(left.ini)]
    shelf = Shelf.of("past", left.commit, *words)
    then = _kept(shelf.content) or _read(left, partial(past, left, config, reading), shelf)
    return Base(then.revisions, then.environment, edited=edited(then.prints, now))


def _read(left: Departure, read: Callable[[Path], Past], shelf: Shelf) -> Past:
    """Read the history of then, and keep it unless it follows from more than can be looked at."""
    with tempfile.TemporaryDirectory(prefix="outofband-") as made:
        place = Path(made).resolve()
        left.export(place)

        def is_inside(path: str) -> bool:
            return os.path.join(path, "").startswith(os.path.join(place, ""))

        with shelf.looking(is_inside):
            then = read(place)
    shelf.put(_told(then))
    return then


def _told(then: Past) -> dict[str, Any]:
    environment = then.environment and asdict(then.environment)
    revisions = [wire.revision_to_json(revision) for revision in then.revisions]
    return {"revisions": revisions, "environment": environment, "prints": then.prints}


def _kept(told: dict[str, Any]) -> Past | None:
    try:
        environment = told["environment"] and wire.environment_from_json(told["environment"])
        revisions = tuple(map(wire.revision_from_json, told["revisions"]))
        prints = {id_: Print(*each) for id_, each in told["prints"].items()}
    except (KeyError, TypeError, AttributeError, ValueError):
        return None  # nothing is kept, or whoever wrote it was not this version of us
    return Past(revisions, environment, prints)
