"""The tables that one run of autogenerate compares, as its filters let them through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Table

_MEMO = "outofband_compared"
Key = tuple[str | None, str]


@dataclass(slots=True)
class Compared:
    """Tables of the models by schema and name; the schema is None where it is the connection's own.

    ``existing`` are in the database already, ``new`` come with the revision.
    """

    existing: dict[Key, Table] = field(default_factory=dict)
    new: dict[Key, Table] = field(default_factory=dict)

    @classmethod
    def of(cls, context: AutogenContext) -> Compared:
        """Return what the run that is going on has compared so far."""
        found: Compared = context.migration_context.impl.memo.setdefault(_MEMO, cls())
        return found

    @classmethod
    def taken(cls, context: AutogenContext) -> Compared:
        """Return what a run has compared, at its end."""
        found = cls.of(context)
        del context.migration_context.impl.memo[_MEMO]
        return found

    def note(self, schema: str | None, name: str, model: Table, *, exists: bool) -> None:
        """Add a table, under the schema that its model names too."""
        for key in ((schema, name), (model.schema, name)):
            (self.existing if exists else self.new)[key] = model

    def model(self, schema: str | None, name: str) -> Table | None:
        """Return a table of the models, None for one that was not compared."""
        return self.existing.get((schema, name), self.new.get((schema, name)))
