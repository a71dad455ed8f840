"""Between which versions of the application a backfill runs, and what a start outside them means.

Pure. A version that lacks the old way to read needs the backfill to be over; one that does not know
the new way needs it not to have begun (facts: the out-of-band migrations of Sourcegraph).
"""

from __future__ import annotations

from dataclasses import dataclass

Version = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Versions as ``(3, 21)``: ``introduced`` is the first that knows the new place, ``deprecated``
    the first that no longer knows the old one, None while there is none such.

    What is moved ``non_destructive`` leaves the old place right, so that an older version may start
    at any time.
    """

    introduced: Version
    deprecated: Version | None = None
    non_destructive: bool = False

    def refusal(self, version: Version, *, begun: bool, finished: bool) -> str:
        """Return why ``version`` of the application must not start; empty where it may."""
        if self.deprecated is not None and version >= self.deprecated and not finished:
            return f"version {_dotted(version)} reads the new place alone, and not all is there yet"
        if version < self.introduced and begun and not self.non_destructive:
            return f"version {_dotted(version)} reads the old place alone, and some has left it"
        return ""


def _dotted(version: Version) -> str:
    return ".".join(map(str, version))
