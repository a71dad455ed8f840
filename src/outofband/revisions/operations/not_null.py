"""NOT NULL: ``op.set_not_null_out_of_band``."""

from __future__ import annotations

from collections.abc import Sequence

from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import AlterColumnOp

from outofband.model.names import QualifiedName
from outofband.model.step import SetNotNull
from outofband.revisions.operations.declaration import checked


class SetNotNullOutOfBandOp(MigrateOperation):
    """A column that is NOT NULL once the runbook has looked at every row."""

    def __init__(
        self,
        constraint_name: str,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
        after: Sequence[str] = (),
    ) -> None:
        self.constraint_name, self.table_name = constraint_name, table_name
        self.column_name, self.schema, self.after = column_name, schema, tuple(after)

    @classmethod
    def set_not_null_out_of_band(
        cls,
        operations: Operations,
        constraint_name: str,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
        after: Sequence[str] = (),
    ) -> None:
        """Want a column NOT NULL, by a constraint of that name where Postgres has such a one, which
        is since 18.

        On a small table it is set here and now. On a large one new rows have to satisfy it at once,
        and ``outofband apply`` looks at the others without stopping reads or writes. ``after``
        names steps that have to be done first, such as the backfill that fills the column: then
        nothing is asked of rows before. A primary key over the column waits for it.
        """
        name = checked(constraint_name, "set_not_null_out_of_band")
        operations.invoke(cls(name, table_name, column_name, schema=schema, after=after))

    def reverse(self) -> AlterColumnOp:
        """Return what undoes it, done or not."""
        return AlterColumnOp(
            self.table_name, self.column_name, schema=self.schema, modify_nullable=True
        )

    def to_diff_tuple(self) -> tuple[str, str, str]:
        """Return what Alembic's comparison shows of it."""
        return ("modify_nullable", self.table_name, self.column_name)

    def to_step(self) -> SetNotNull:
        """Return the step it declares."""
        table = QualifiedName(self.table_name, self.schema)
        return SetNotNull(self.constraint_name, table, self.column_name, self.after)

    def to_sister(self) -> AlterColumnOp:
        """Return the plain operation."""
        return AlterColumnOp(
            self.table_name, self.column_name, schema=self.schema, modify_nullable=False
        )
