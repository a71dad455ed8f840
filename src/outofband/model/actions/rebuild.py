"""What is done to do something anew."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.model.names import QualifiedName
from outofband.model.statement import Statement
from outofband.model.step import Rebuild, comment_on


@dataclass(frozen=True, slots=True)
class RebuildIndex:
    """Build an index anew in its place, without blocking reads or writes. A failure leaves a
    second, INVALID one beside it.
    """

    index: QualifiedName

    @property
    def statement(self) -> Statement:
        """What does it."""
        return Statement(f"REINDEX INDEX CONCURRENTLY {self.index}", unhurried=True)


@dataclass(frozen=True, slots=True)
class Refresh:
    """Run a materialized view's query anew: Exclusive on the view, which keeps nobody from reading
    it; or AccessExclusive where it is not ``concurrent``, for as long as that takes.
    """

    view: QualifiedName
    concurrent: bool

    @property
    def statement(self) -> Statement:
        """What does it."""
        how = "CONCURRENTLY " if self.concurrent else ""
        sql = f"REFRESH MATERIALIZED VIEW {how}{self.view}"
        return Statement(sql, harmless=self.concurrent)


@dataclass(frozen=True, slots=True)
class Mark:
    """Note in a relation's comment that a step is done, behind what the ``comment`` says already:
    ShareUpdateExclusive, for milliseconds.
    """

    step: Rebuild
    relation: QualifiedName
    comment: str

    @property
    def statement(self) -> Statement:
        """What does it."""
        return Statement(comment_on(self.step, self.relation, self.comment), harmless=True)
