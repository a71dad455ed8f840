"""What a preflight needs of a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from outofband.catalog.reader import Reader, Row


class Prober(Reader, Protocol):
    """A session that reads, and tries out what a build would do."""

    @property
    def pid(self) -> int:
        """The server process as the protocol names it, which a pooler makes up."""
        ...

    def trial(
        self,
        select: str,
        *,
        settings: Mapping[str, str] | None = None,
        later: Mapping[str, str] | None = None,
    ) -> Sequence[Row]:
        """Run a select in a read-only transaction of its own.

        ``settings`` hold while it is planned and run; ``later`` only after it has been planned.
        Raises StatementFailed.
        """
        ...
