"""What becomes of an exception of the application's code."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from outofband.backfill.spec import Damaged
from outofband.errors import NothingChanged, OutofbandError
from outofband.runbook.hand import SessionLost

_LIBRARIES = tuple(sysconfig.get_path(kind) for kind in ("stdlib", "purelib", "platlib"))


class SpecFailed(NothingChanged):
    """The code of a spec raised where nothing could be put aside for it."""


@contextmanager
def of_spec() -> Iterator[None]:
    """Tell of what a spec raises in the block by its kind and place. Raises SpecFailed; what the
    engine understands passes through.
    """
    try:
        yield
    except (OutofbandError, SessionLost, Damaged):
        raise
    except Exception as error:  # the application's code may raise what it likes
        do = "Mend the spec, or what it looks at"
        raise SpecFailed("the spec raises an exception", why=described(error), do=do) from None


@contextmanager
def within(surroundings: AbstractContextManager[object]) -> Iterator[None]:
    """Run the block inside of what a spec surrounds it with. Raises SpecFailed where entering or
    leaving that raises; it is not told what the block raises.
    """
    with of_spec():
        surroundings.__enter__()
    try:
        yield
    finally:
        with of_spec():
            surroundings.__exit__(None, None, None)


def described(error: Exception) -> str:
    """Return what an exception of the application is and where it was raised, in its own code where
    a library raises; not its text, which may hold data, unless that was written to be shown.
    """
    if isinstance(error, OutofbandError):
        return error.what_and_why
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(_LIBRARIES)]
    where = "".join(f" at {Path(f.filename).name}:{f.lineno}" for f in (own or frames)[-1:])
    return f"{type(error).__name__}{where}"
