"""The tables that one run of autogenerate compares, as its filters let them through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Table

_MEMO = "outofband_compared"


@dataclass(frozen=True, slots=True)
class Pair:
    """A table of the models, and that of the database, None where it comes with the revision.

    ``schema`` is None where it is the connection's own, whatever the model says.
    """

    schema: str | None
    model: Table
    there: Table | None


@dataclass(slots=True)
class Compared:
    """The pairs by their tables' schemas and names."""

    pairs: dict[tuple[str | None, str], Pair] = field(default_factory=dict)

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

    def note(self, pair: Pair) -> None:
        """Add a pair, under the schema that its model names too."""
        for schema in (pair.schema, pair.model.schema):
            self.pairs[schema, pair.model.name] = pair

    def model(self, schema: str | None, name: str) -> Table | None:
        """Return a table of the models, None for one that was not compared."""
        pair = self.pairs.get((schema, name))
        return None if pair is None else pair.model

    def exists(self, schema: str | None, name: str) -> bool:
        """Tell whether a table of the models is in the database already."""
        pair = self.pairs.get((schema, name))
        return pair is not None and pair.there is not None

    def existing(self) -> Iterator[tuple[Pair, Table]]:
        """Yield each pair that is one, with the table that is there."""
        for pair in {id(pair): pair for pair in self.pairs.values()}.values():
            if pair.there is not None:
                yield pair, pair.there
