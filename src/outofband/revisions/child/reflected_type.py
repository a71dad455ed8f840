"""The type that SQLAlchemy's inspector gives a column of PostgreSQL, made of the type's text.

The dialect's own method for it is private, and takes other arguments in 2.1 than in 2.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.postgresql import ARRAY, BIT, DOUBLE_PRECISION, INTERVAL, TIME, TIMESTAMP
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import NULLTYPE

if TYPE_CHECKING:
    from outofband_lint.statement import DataType

_INTERVAL = "interval"
_DOUBLE = 53
"""The precision in bits that the inspector gives a double precision."""


def reflected_type(kind: DataType) -> Any:
    """Return a type of SQLAlchemy; the null type for one that it has no name for."""
    made = _scalar(kind)
    return ARRAY(made) if kind.array and made is not NULLTYPE else made


def _scalar(kind: DataType) -> Any:
    numbers = [int(modifier) for modifier in kind.modifiers if modifier.isdecimal()]
    precision = numbers[0] if numbers else None
    match kind.name:
        case "timestamp" | "time" as name:
            type_ = TIMESTAMP if name == "timestamp" else TIME
            return type_(timezone=kind.suffix == " with time zone", precision=precision)
        case "bit varying":
            return BIT(precision, varying=True)
        case "double precision":
            return DOUBLE_PRECISION(_DOUBLE)
        case name if name.partition(" ")[0] == _INTERVAL:
            return INTERVAL(
                fields=name.removeprefix(_INTERVAL).strip() or None, precision=precision
            )
        case name:
            known = ischema_names.get(name)
            return NULLTYPE if known is None else known(*numbers)
