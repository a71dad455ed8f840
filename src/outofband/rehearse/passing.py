"""How far a run is, from the statements that pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from outofband.revisions.frame import Caller
from outofband.revisions.online import Rows


@dataclass(slots=True)
class Passing:
    """Says of which revision statements are sent, each once; where the next one began.

    ``search_path`` is the one that the first of them met.
    """

    say: Callable[[str], None]
    at: str = ""
    search_path: str = ""

    def before(self, rows: Rows, _sql: str, caller: Caller) -> None:
        """Take note of the revision."""
        if not self.search_path:
            ((self.search_path,),) = rows("SELECT current_setting('search_path')")
        if caller.revision != self.at:
            self.at = caller.revision
            self.say(self.at)

    def after(self, _rows: Rows, _sql: str, _caller: Caller, _seconds: float) -> None:
        """Take note of nothing."""

    def ended(self) -> None:
        """Take note of nothing."""
