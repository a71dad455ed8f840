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
from outofband.gate import recall, remember, store
from outofband.gate.request import Request
from outofband.inputs.trace import tracing
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
    folder, name = store.folder_for(os.getcwd()), _name(request, reading, left)
    then = _kept(store.read(folder, name)) if folder else None
    if then is None:
        then = _read(left, partial(past, left, config, reading), folder, name)
    return Base(then.revisions, then.environment, edited=edited(then.prints, now))


def _name(request: Request, reading: Reading, left: Departure) -> str:
    words = [*request.configs, "", request.name, *request.x, "", str(reading), str(left.ini)]
    return "past-" + store.name_of(os.getcwd(), left.commit, *words)


def _read(left: Departure, read: Callable[[Path], Past], folder: str, name: str) -> Past:
    """Read the history of then, and keep it unless it follows from more than can be looked at."""
    with tempfile.TemporaryDirectory(prefix="outofband-") as made:
        place = Path(made).resolve()
        left.export(place)
        with tracing() as trace:
            then = read(place)
        inputs = remember.inputs_of(trace)
    if folder and inputs is not None:
        content: dict[str, object] = {"inputs": _but(inputs, str(place)), "past": _told(then)}
        store.write(folder, name, content)
    return then


def _but(inputs: dict[str, Any], place: str) -> dict[str, Any]:
    """Leave out what lies in a folder."""

    def is_inside(path: str) -> bool:
        return os.path.join(path, "").startswith(os.path.join(place, ""))

    lists = ("files", "folders", "modules", "present")
    less = {key: {p: w for p, w in inputs[key].items() if not is_inside(p)} for key in lists}
    return inputs | less


def _told(then: Past) -> dict[str, Any]:
    environment = then.environment and asdict(then.environment)
    revisions = [wire.revision_to_json(revision) for revision in then.revisions]
    return {"revisions": revisions, "environment": environment, "prints": then.prints}


def _kept(found: Any) -> Past | None:
    try:
        if found is None or not recall.is_as_it_was(found["inputs"]):
            return None
        told = found["past"]
        environment = told["environment"] and wire.environment_from_json(told["environment"])
        revisions = tuple(map(wire.revision_from_json, told["revisions"]))
        prints = {id_: Print(*each) for id_, each in told["prints"].items()}
    except (KeyError, TypeError, AttributeError, ValueError):
        return None  # whoever wrote that was not this version of us
    return Past(revisions, environment, prints)
