"""Steps that change a type."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.model.names import QualifiedName, literal


@dataclass(frozen=True, slots=True)
class AddEnumValue:
    """Wanted: the label ``value`` of an enum, ``before_value`` or ``after_value`` another one, else
    the last. ``table`` is the type's name: it stands where a table would, since a step is about one
    thing.
    """

    name: str
    table: QualifiedName
    value: str
    before_value: str | None = None
    after_value: str | None = None

    kind = "enum_value"

    @property
    def plain_sql(self) -> str:
        """What it comes to, anywhere: quick, and no lock on any table."""
        place = ""
        if self.before_value is not None:
            place = f" BEFORE {literal(self.before_value).strip()}"
        elif self.after_value is not None:
            place = f" AFTER {literal(self.after_value).strip()}"
        value = literal(self.value).strip()
        return f"ALTER TYPE {self.table} ADD VALUE IF NOT EXISTS {value}{place}"
