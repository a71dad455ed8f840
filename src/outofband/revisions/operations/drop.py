"""Tables and columns that go: ``op.drop_table_out_of_band`` and ``op.drop_column_out_of_band``."""

from __future__ import annotations

from collections.abc import Sequence

from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import DropColumnOp, DropTableOp

from outofband.model.names import QualifiedName
from outofband.model.step import DropColumn, DropTable
from outofband.revisions.operations.declaration import StepOutOfBandOp, checked, waited_for


class DropTableOutOfBandOp(StepOutOfBandOp[DropTable]):
    """A table that goes once nobody reads it."""

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
        table = QualifiedName(table_name, schema)
        operations.invoke(cls(DropTable(step, table, waited_for(after))))

    def to_sister(self) -> MigrateOperation:
        """Return the plain operation."""
        return DropTableOp(self.step.table.name, schema=self.step.table.schema)


class DropColumnOutOfBandOp(StepOutOfBandOp[DropColumn]):
    """A column that goes once nobody reads it."""

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
        table = QualifiedName(table_name, schema)
        operations.invoke(cls(DropColumn(step, table, column_name, waited_for(after))))

    def to_sister(self) -> MigrateOperation:
        """Return the plain operation."""
        table = self.step.table
        return DropColumnOp(table.name, self.step.column, schema=table.schema)
