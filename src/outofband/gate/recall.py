"""The answer to a call of `outofband lint` whose inputs are what they were the last time.

Nothing is parsed: the words of the call are compared as they stand, so that the command line has
one definition and a cached answer needs neither it, nor Alembic, nor a rule. Imported by every
cached run, and so by nothing that takes long.
"""

from __future__ import annotations

import os
import sys
import time

from outofband.gate import store
from outofband.inputs import state


def answer(words: list[str]) -> tuple[str, int] | None:
    """Return what such a call printed to stdout and its exit status, None where it must be made."""
    folder = store.folder_for(os.getcwd())
    kept = store.read(folder, name(words)) if folder else None
    try:
        return _answer(kept) if kept is not None and is_as_it_was(kept["inputs"]) else None
    except (KeyError, TypeError, AttributeError, ValueError):
        return None  # whoever wrote that was not this version of us


def _answer(kept: dict[str, object]) -> tuple[str, int] | None:
    text, status = kept["stdout"], kept["status"]
    return (text, status) if isinstance(text, str) and isinstance(status, int) else None


def name(words: list[str]) -> str:
    """Return under which name the answer to a call is kept.

    Besides the words it depends on where they are said, on whether a terminal listens, and on the
    day, since a suppression may end on one.
    """
    here = [os.getcwd(), str(sys.stdout.isatty()), time.strftime("%Y-%m-%d")]
    return "answer-" + store.name_of(*here, *words)


def is_as_it_was(inputs: object) -> bool:
    """Tell whether everything that a run looked at has the state that it had then.

    Raises KeyError, TypeError or AttributeError for what :func:`.remember.inputs_of` did not make.
    """
    of: dict[str, dict[str, str]] = inputs  # type: ignore[assignment]
    if of["tools"] != state.of_tools():  # type: ignore[comparison-overlap]
        return False
    variables: dict[str, object] = of["variables"]  # type: ignore[assignment]
    names, salt = variables["names"], variables["salt"]
    if state.of_variables(names, salt) != variables["digest"]:  # type: ignore[arg-type]
        return False
    return is_there_as_it_was(inputs)


def is_there_as_it_was(inputs: object) -> bool:
    """Tell whether the files and folders among that have the state that they had then.

    Raises as :func:`is_as_it_was` does.
    """
    of: dict[str, dict[str, str]] = inputs  # type: ignore[assignment]
    return (
        all(state.of_names(path) == was for path, was in of["folders"].items())
        and all(state.of_names(p, modules=True) == was for p, was in of["modules"].items())
        and all(state.of_presence(path) == was for path, was in of["present"].items())
        and all(state.of_file(path) == was for path, was in of["files"].items())
    )
