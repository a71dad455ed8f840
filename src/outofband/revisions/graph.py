"""Which revisions there are, in which order, and which of them a set of heads stands for.

Everything is Alembic's own resolution, ``depends_on`` followed; this module gives it an order
(bases first) and errors that say what to do.
"""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout

from alembic.script import Script, ScriptDirectory
from alembic.script.revision import (
    MultipleHeads,
    RangeNotAncestorError,
    ResolutionError,
    RevisionError,
)
from alembic.util import CommandError, pyfiles, to_tuple

from outofband.errors import Misuse, StateUnknown


class RevisionsNotLoaded(Misuse):
    """A revision file cannot be imported, or the files do not form a graph."""


class NoSuchRevision(Misuse):
    """What the call named is no revision, or not one ahead of the database."""


class DatabaseAhead(StateUnknown):
    """The database is at a revision that this checkout does not have."""

    default_state = "Nothing was changed"


def every(script: ScriptDirectory) -> tuple[Script, ...]:
    """Return every revision, each after those it comes from or depends on."""
    with _loading(script):
        return tuple(script.walk_revisions())[::-1]


def parents(script: Script) -> tuple[str, ...]:
    """Return the revisions that one comes from."""
    return to_tuple(script.down_revision, default=())


def heads(script: ScriptDirectory) -> tuple[str, ...]:
    """Return the ids that the version table holds after ``alembic upgrade heads``."""
    with _loading(script):
        return tuple(script.get_heads(consider_depends_on=True))


def applied(script: ScriptDirectory, at: Iterable[str]) -> tuple[Script, ...]:
    """Return the revisions that a database at the heads ``at`` has run, in order.

    Raises DatabaseAhead for a head that no file has.
    """
    at = tuple(at)
    every(script)
    try:
        return tuple(script.iterate_revisions(at, "base"))[::-1] if at else ()
    except ResolutionError as error:
        raise DatabaseAhead(
            f"the database is at revision {error.argument}",
            why="this checkout has no such revision",
            do="Check out the version that was deployed last, or merge it",
        ) from None


def ahead(script: ScriptDirectory, at: Iterable[str], to: str) -> tuple[Script, ...]:
    """Return the revisions that ``alembic upgrade TO`` would run on a database at ``at``, in order.

    ``to`` is what Alembic takes: an id or the start of one, ``head``, ``heads``, ``branch@head``,
    ``+2``. Raises NoSuchRevision, or DatabaseAhead.
    """
    at = tuple(at)
    applied(script, at)
    try:
        return tuple(script.iterate_revisions(to, at, implicit_base=True))[::-1]
    except (RevisionError, CommandError) as error:
        raise NoSuchRevision(f"--to {to}", why=_why(error), do=_remedy(error)) from None


@contextmanager
def _loading(script: ScriptDirectory) -> Iterator[None]:
    try:
        with redirect_stdout(sys.stderr), warnings.catch_warnings():
            # Of a parent that no file has, or an id that two files have, Alembic only warns.
            warnings.filterwarnings("error", category=UserWarning, module=r"alembic\.script")
            yield
    except (RevisionError, CommandError, UserWarning) as error:
        raise RevisionsNotLoaded(
            f"the revisions in {script.dir} form no graph",
            why=str(error),
            do="See `alembic history`",
        ) from None
    except (Exception, SystemExit) as error:
        told = filter(None, (type(error).__name__, str(error).partition("\n")[0]))
        own, deepest = _places(error)
        raise RevisionsNotLoaded(
            f"{f'the revision {own}' if own else f'a revision in {script.dir}'} cannot be imported",
            why=": ".join(told) + (f" (at {deepest})" if deepest != own else ""),
            do="Correct it, or install what it imports",
        ) from None


def _places(error: BaseException) -> tuple[str, str]:
    """Return file and line of the revision that Alembic was importing, and of what raised.

    Both are empty where the file could not even be read as Python.
    """
    if isinstance(error, SyntaxError):
        place = f"{error.filename}:{error.lineno}" if error.filename else ""
        return place, place
    frames = traceback.extract_tb(error.__traceback__)
    imports = [n for n, frame in enumerate(frames) if frame.filename == pyfiles.__file__]
    inside = frames[imports[-1] + 1 :] if imports else frames
    places = [f"{f.filename}:{f.lineno}" for f in inside if not f.filename.startswith("<")]
    return (places[0], places[-1]) if places else ("", "")


def _why(error: Exception) -> str:
    match error:
        case MultipleHeads():
            return f"there are several heads: {', '.join(error.heads)}"
        case RangeNotAncestorError():
            return "it is not ahead of where the database is"
        case ResolutionError():
            return f"no revision is called {error.argument}"
        case _:
            return str(error)


def _remedy(error: Exception) -> str:
    if isinstance(error, MultipleHeads):
        return "Name one of them, BRANCH@head, or heads for all"
    return "See `alembic history` for the revisions there are"
