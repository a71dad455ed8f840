"""How far a background data migration is, by what the data itself shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total``, counted in ``unit`` (rows, files, bytes): the answer of a query over
    the data, never a counter that somebody keeps.
    """

    done: int
    total: int
    unit: str = "rows"

    @property
    def finished(self) -> bool:
        """Whether nothing is left; of nothing, nothing is."""
        return self.done >= self.total

    @property
    def fraction(self) -> float:
        """How far it is, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total > 0 else 1.0
