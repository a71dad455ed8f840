"""What may become of duplicates: the operator's choice, made with ``--dedupe``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from outofband.errors import Misuse


class DedupeWrong(Misuse):
    """``--dedupe`` and ``--by`` do not go together, or name what is not there."""


class Dedupe(Enum):
    """Only report duplicates, or move the rows that equal another one in every column."""

    REPORT = "report"
    IDENTICAL = "identical"

    @property
    def flags(self) -> tuple[str, ...]:
        """What says so on the command line."""
        return () if self is Dedupe.REPORT else ("--dedupe", self.value)


@dataclass(frozen=True, slots=True)
class KeepNewest:
    """Of each group the rows with the greatest value in the column ``by`` stay, the others move.

    NULL is older than every value. Where rows that differ share the greatest value, no accident of
    storage decides between them: they stay, for a person. Identical rows move too, all but one.
    """

    by: str

    @property
    def flags(self) -> tuple[str, ...]:
        """What says so on the command line."""
        return ("--dedupe", KEEP_NEWEST, "--by", self.by)


Policy = Dedupe | KeepNewest

KEEP_NEWEST = "keep-newest"


def policy(word: str, by: str | None) -> Policy:
    """Return the policy that ``--dedupe WORD --by COLUMN`` means; raises DedupeWrong."""
    if word == KEEP_NEWEST:
        if not by:
            raise DedupeWrong(
                "--dedupe keep-newest", why="it needs to know by which column", do="Add --by COLUMN"
            )
        return KeepNewest(by)
    if by is not None:
        raise DedupeWrong("--by", why="it belongs to --dedupe keep-newest", do="Leave it out")
    return Dedupe(word)
