"""The indexes and unique constraints that models and database both have, by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.operations.ops import (
    AddConstraintOp,
    CreateIndexOp,
    DropConstraintOp,
    DropIndexOp,
    MigrateOperation,
)
from sqlalchemy import Index, Table, UniqueConstraint

from outofband.model.names import QualifiedName
from outofband.revisions.autogenerate.compared import Compared, Pair

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


@dataclass(frozen=True, slots=True)
class Both:
    """An index, or a unique constraint by its index, on both sides."""

    pair: Pair
    name: str
    model: Index | UniqueConstraint
    there: Index | UniqueConstraint

    @property
    def names(self) -> set[QualifiedName]:
        """What Alembic may call it: it leaves the connection's own schema out, a model need not."""
        return {QualifiedName(self.name, s) for s in (self.pair.schema, self.pair.model.schema)}

    @property
    def plain(self) -> CreateIndexOp:
        """The index as the models say it, of a constraint the one that it would be made of."""
        if isinstance(self.model, Index):
            return CreateIndexOp.from_index(self.model)
        made: Any = AddConstraintOp.from_constraint(self.model)
        options = {key: value for key, value in made.kw.items() if value}
        table, columns, schema = made.table_name, made.columns, made.schema
        return CreateIndexOp(self.name, table, columns, schema=schema, unique=True, **options)

    @property
    def operations(self) -> tuple[MigrateOperation, MigrateOperation]:
        """What puts the one of the models in the place of the other."""
        if isinstance(self.there, Index):
            return DropIndexOp.from_index(self.there), self.plain
        assert isinstance(self.model, UniqueConstraint)
        comes = AddConstraintOp.from_constraint(self.model)
        return DropConstraintOp.from_constraint(self.there), comes

    def passes(self, context: AutogenContext) -> bool:
        """Tell whether the project's filters let it through."""
        kind: Any = "index" if isinstance(self.model, Index) else "unique_constraint"
        name: Any = self.model.name
        return context.run_object_filters(self.model, name, kind, False, self.there)

    def may_differ(self) -> bool:
        """Tell from what is reflected whether something may differ that Alembic does not compare:
        predicates and operator classes are spelled otherwise by Postgres than by people.
        """
        if set(_told(self.model, "include") or ()) != set(_told(self.there, "include") or ()):
            return True
        if isinstance(self.model, UniqueConstraint):
            return False
        sides = (self.model, self.there)
        method, stored = (str(_told(each, "using") or "btree").lower() for each in sides)
        asked = (_told(each, option) for each in sides for option in ("where", "ops"))
        return method != stored or any(value is not None and value != {} for value in asked)


def _told(item: Index | UniqueConstraint, option: str) -> Any:
    """Return an option that was given; older releases of SQLAlchemy know fewer of them."""
    return item.dialect_kwargs.get(f"postgresql_{option}")


def both(compared: Compared) -> Iterator[Both]:
    """Yield what has one name on both sides; what a DEFERRABLE constraint has is none of ours."""
    for pair, table in compared.existing():
        indexes: dict[Any, Index] = {index.name: index for index in table.indexes}
        for index in pair.model.indexes:
            if (found := indexes.get(index.name)) is not None:
                yield Both(pair, str(index.name), index, found)
        constraints = {unique.name: unique for unique in _checked_at_once(table)}
        for unique in _checked_at_once(pair.model):
            if (known := constraints.get(unique.name)) is not None:
                yield Both(pair, str(unique.name), unique, known)


def _checked_at_once(table: Table) -> Iterator[UniqueConstraint]:
    for each in table.constraints:
        if isinstance(each, UniqueConstraint) and not each.deferrable:
            yield each
