"""Constraints made of an index: ``op.create_primary_key_out_of_band`` and
``op.create_unique_constraint_out_of_band``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import AddConstraintOp, CreatePrimaryKeyOp, CreateUniqueConstraintOp
from sqlalchemy import Constraint

from outofband.model.index import ConstraintKind
from outofband.model.names import QualifiedName
from outofband.model.step import AddConstraint
from outofband.revisions.operations.declaration import checked
from outofband.revisions.operations.index import DropIndexOutOfBandOp


class AddConstraintOutOfBandOp(MigrateOperation):
    """A constraint made of an index that an earlier step builds."""

    kind: ConstraintKind
    sister: type[AddConstraintOp]

    def __init__(
        self,
        constraint_name: str,
        table_name: str,
        columns: Sequence[str],
        *,
        using_index: str,
        schema: str | None = None,
    ) -> None:
        self.constraint_name = constraint_name
        self.table_name = table_name
        self.columns = tuple(columns)
        self.using_index = using_index
        self.schema = schema

    def reverse(self) -> DropIndexOutOfBandOp:
        """Return the drop that undoes it, the constraint's index included."""
        return DropIndexOutOfBandOp(self.constraint_name, self.table_name, schema=self.schema)

    def to_diff_tuple(self) -> tuple[str, Constraint]:
        """Return what Alembic's comparison shows of its sister."""
        return self.to_sister().to_diff_tuple()

    def to_sister(self) -> AddConstraintOp:
        """Return the plain operation."""
        make: Any = self.sister
        operation: AddConstraintOp = make(
            self.constraint_name, self.table_name, self.columns, schema=self.schema
        )
        return operation

    def to_step(self) -> AddConstraint:
        """Return the step it declares."""
        table = QualifiedName(self.table_name, self.schema)
        return AddConstraint(self.constraint_name, table, self.kind, self.columns, self.using_index)


class CreatePrimaryKeyOutOfBandOp(AddConstraintOutOfBandOp):
    """A primary key made of a unique index."""

    kind = "primary_key"
    sister = CreatePrimaryKeyOp

    @classmethod
    def create_primary_key_out_of_band(
        cls,
        operations: Operations,
        constraint_name: str,
        table_name: str,
        columns: Sequence[str],
        *,
        using_index: str,
        schema: str | None = None,
    ) -> None:
        """Want the unique index ``using_index`` promoted to the primary key.

        It waits for the index, which then has the constraint's name. The columns have to be NOT
        NULL already: setting that would scan the table.
        """
        name = checked(constraint_name, "create_primary_key_out_of_band")
        operations.invoke(cls(name, table_name, columns, using_index=using_index, schema=schema))


class CreateUniqueConstraintOutOfBandOp(AddConstraintOutOfBandOp):
    """A unique constraint made of a unique index."""

    kind = "unique_constraint"
    sister = CreateUniqueConstraintOp

    @classmethod
    def create_unique_constraint_out_of_band(
        cls,
        operations: Operations,
        constraint_name: str,
        table_name: str,
        columns: Sequence[str],
        *,
        using_index: str,
        schema: str | None = None,
    ) -> None:
        """Want the unique index ``using_index`` promoted to a unique constraint.

        It waits for the index, which then has the constraint's name.
        """
        name = checked(constraint_name, "create_unique_constraint_out_of_band")
        operations.invoke(cls(name, table_name, columns, using_index=using_index, schema=schema))
