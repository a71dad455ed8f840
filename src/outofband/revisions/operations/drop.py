"""Tables and columns that go: ``op.drop_table_out_of_band`` and ``op.drop_column_out_of_band``."""

from __future__ import annotations

from collections.abc import Sequence

from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import DropColumnOp, DropTableOp

from outofband.model.names import QualifiedName
from outofband.model.step import DropColumn, DropTable
from outofband.revisions.operations.declaration import checked


class DropTableOutOfBandOp(MigrateOperation):
    """A table that goes once nobody reads it."""

    def __init__(
        self,
        name: str,
        table_name: str,
        *,
        schema: str | None = None,
        after: Sequence[str] | None = None,
    ) -> None:
        self.name, self.table_name, self.schema = name, table_name, schema
        self.after = None if after is None else tuple(after)

    @classmethod
    def drop_table_out_of_band(
        cls,
        operations: Operations,
        name: str,
        table_name: str,
        *,
        schema: str | None = None,
        after: Sequence[str] | None = None,
    ) -> None:
        """Want a table dropped by ``outofband apply``, once the release that reads it is gone.

        ``name`` is the step's. It waits for every earlier step on the table, or for those that
        ``after`` names. Foreign keys that point to it go first, one at a time. An upgrade drops
        only what it has made itself.
        """
        step = checked(name, "drop_table_out_of_band")
        operations.invoke(cls(step, table_name, schema=schema, after=after))

    def to_sister(self) -> MigrateOperation:
        """Return the plain operation."""
        return DropTableOp(self.table_name, schema=self.schema)

    def to_step(self) -> DropTable:
        """Return the step it declares."""
        return DropTable(self.name, QualifiedName(self.table_name, self.schema), self.after)


class DropColumnOutOfBandOp(MigrateOperation):
    """A column that goes once nobody reads it."""

    def __init__(
        self,
        name: str,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
        after: Sequence[str] | None = None,
    ) -> None:
        self.name, self.table_name, self.column_name = name, table_name, column_name
        self.schema, self.after = schema, None if after is None else tuple(after)

    @classmethod
    def drop_column_out_of_band(
        cls,
        operations: Operations,
        name: str,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
        after: Sequence[str] | None = None,
    ) -> None:
        """Want a column dropped by ``outofband apply``, once the release that reads it is gone.

        ``name`` is the step's. It waits for every earlier step on the table, or for those that
        ``after`` names. Where it is NOT NULL without a default, the upgrade lets it be NULL, since
        the coming release does not know it.
        """
        step = checked(name, "drop_column_out_of_band")
        operations.invoke(cls(step, table_name, column_name, schema=schema, after=after))

    def to_sister(self) -> MigrateOperation:
        """Return the plain operation."""
        return DropColumnOp(self.table_name, self.column_name, schema=self.schema)

    def to_step(self) -> DropColumn:
        """Return the step it declares."""
        table = QualifiedName(self.table_name, self.schema)
        return DropColumn(self.name, table, self.column_name, self.after)
