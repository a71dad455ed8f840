"""What is known of a value that no library makes: of what a revision gets from Alembic, or of one
that only a run could tell.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.types import UserDefinedType


class NotLiteralError(Exception):
    """An expression that only a run could evaluate; carries it as written."""


class Unread(UserDefinedType[Any]):
    """The type of a column whose own type only a run could tell."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return a type that nobody has."""
        return "unread"


class Special(enum.Enum):
    """What a revision gets from Alembic, as far as its answers are known."""

    OP = "op"
    CONTEXT = "context"
    BIND = "op.get_bind()"
    DIALECT = "op.get_bind().dialect"
    AUTOCOMMIT = "autocommit_block()"
    INSPECT = "inspect"
    INSPECTOR = "inspect(op.get_bind())"


@dataclass(frozen=True, slots=True)
class Of:
    """Something that Alembic has under a name: ``op.create_table``, before it is called."""

    owner: Special
    name: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What ``op.batch_alter_table(...)`` returns, by how it was called."""

    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OfBatch:
    """An operation of a batch, before it is called."""

    batch: Batch
    name: str


UNKNOWN = object()
"""The value of a name that only a run could tell."""

ATTRIBUTES: Mapping[tuple[Special, str], Any] = {
    (Special.CONTEXT, "bind"): Special.BIND,
    (Special.CONTEXT, "connection"): Special.BIND,
    (Special.CONTEXT, "dialect"): Special.DIALECT,
    (Special.CONTEXT, "as_sql"): False,
    (Special.CONTEXT, "impl"): Special.CONTEXT,
    (Special.CONTEXT, "op"): Special.OP,
    (Special.CONTEXT, "context"): Special.CONTEXT,
    (Special.BIND, "dialect"): Special.DIALECT,
    (Special.BIND, "engine"): Special.BIND,
    (Special.BIND, "name"): "postgresql",
    (Special.DIALECT, "name"): "postgresql",
}
"""What is known of the attributes of these; any other is an operation, before it is called."""
