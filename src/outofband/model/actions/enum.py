"""What is done about a type."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.model.statement import Statement
from outofband.model.step import AddEnumValue


@dataclass(frozen=True, slots=True)
class AddLabel:
    """Add a label to an enum: milliseconds, and no lock on any table (measured on 14 to 18)."""

    step: AddEnumValue

    @property
    def statement(self) -> Statement:
        """What does it."""
        return Statement(self.step.plain_sql)
