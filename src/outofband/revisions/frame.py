"""Which revision is running: found on the stack, since Alembic's operations are not told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Literal

Direction = Literal["upgrade", "downgrade"]
_DIRECTIONS = ("upgrade", "downgrade")


@dataclass(frozen=True, slots=True)
class Caller:
    """The revision that called an operation, and where.

    ``line`` is the innermost line of ``path`` on the stack, ``direction`` the function that
    Alembic called.
    """

    revision: str
    direction: Direction
    path: str
    line: int


def caller() -> Caller | None:
    """Return the revision on the stack, None outside one.

    Helpers of other modules may stand between, another revision's module among them: the
    outermost revision is the one that Alembic runs.
    """
    found = [frame for frame in _frames() if _is_of_a_revision(frame)]
    if not found:
        return None
    module = found[-1].f_globals
    own = [frame for frame in found if frame.f_globals is module]
    names = [f.f_code.co_name for f in reversed(own) if f.f_code.co_name in _DIRECTIONS]
    direction: Direction = "downgrade" if names[:1] == ["downgrade"] else "upgrade"
    path = own[-1].f_code.co_filename
    return Caller(str(module["revision"]), direction, path, own[0].f_lineno)


def is_within(package: str) -> bool:
    """Tell whether a function of a package is on the stack."""
    return any(str(f.f_globals.get("__name__", "")).startswith(package) for f in _frames())


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_of_a_revision(frame: FrameType) -> bool:
    names = frame.f_globals
    return isinstance(names.get("revision"), str) and "down_revision" in names
