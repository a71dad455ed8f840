"""Queries of the application, and what their plans tell. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.doctor.words import count
from outofband.model.names import QualifiedName
from outofband.runbook.rate import duration

_WIDTH = 160


@dataclass(frozen=True, slots=True)
class Candidate:
    """A query that may be asked: its text with ``$n`` for parameters, as it may be shown.

    ``name`` is that of the setting `queries`, empty for one of pg_stat_statements, of which the
    ``calls`` and the mean time (milliseconds) are known.
    """

    sql: str
    name: str = ""
    calls: int = 0
    mean_exec_time: float = 0.0


@dataclass(frozen=True, slots=True)
class Asking:
    """A query whose plan reads tables sequentially; ``needs`` is the operation that declares the
    index it lacks even when all steps are done, empty where none is or nobody can tell.
    """

    candidate: Candidate
    tables: frozenset[QualifiedName]
    needs: str = ""

    @property
    def seconds(self) -> float:
        """What all its calls have taken."""
        return self.candidate.calls * self.candidate.mean_exec_time / 1000

    @property
    def told(self) -> str:
        """Say it in a line."""
        of = self.candidate
        text = " ".join(of.sql.split())
        text = text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
        name = f"query {of.name}: " if of.name else ""
        if not of.calls:
            return f"{name}{text} is planned as a Seq Scan"
        times = f"{count(of.calls, 'call')}, {duration(of.mean_exec_time / 1000)} each"
        return f"{name}{text} is planned as a Seq Scan ({times})"


@dataclass(frozen=True, slots=True)
class Planned:
    """The queries that were found to read sequentially, costliest first, and how many of the
    ``asked`` could not be planned: for lack of a right (``refused``), for another reason
    (``failed``), or of time (``left``).
    """

    found: tuple[Asking, ...] = ()
    asked: int = 0
    refused: int = 0
    failed: int = 0
    left: int = 0

    @property
    def planned(self) -> int:
        """How many of them have a plan; 0 where that is not all, so that nobody can tell."""
        return 0 if self.refused or self.failed or self.left else self.asked
