"""What the database is held against: the project's revisions and queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outofband.model.step import Step, Wanted
from outofband.settings import DEFAULT_INLINE_MAX_BYTES
from outofband_lint.query import Query
from outofband_lint.source import Revision


@dataclass(frozen=True, slots=True)
class Subject:
    """A project, at the revisions that the database is at.

    ``wanted`` is what these want out of band, ``coming`` what all of them will; ``revisions`` are
    those applied, in order; ``destination`` is what Alembic calls the end of the road. Larger than
    ``large_bytes`` is what is not read in no time.
    """

    wanted: Wanted
    coming: Wanted
    revisions: Sequence[Revision] = ()
    queries: Sequence[Query] = ()
    destination: str = "head"
    large_bytes: int = DEFAULT_INLINE_MAX_BYTES

    @property
    def apply_to_the_end(self) -> str:
        """The command that builds what coming revisions declare."""
        return f"outofband apply --to {self.destination}"

    @property
    def steps(self) -> list[Step]:
        """Every step of applied and of coming revisions, each once."""
        every = (*self.wanted.steps, *self.coming.steps, *self.wanted.unapplied)
        return list(dict.fromkeys(wanted.step for wanted in every))
