"""What is done anew: ``op.reindex_out_of_band``, ``op.refresh_materialized_view_out_of_band``."""

from __future__ import annotations

from collections.abc import Sequence

from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import ExecuteSQLOp

from outofband.model.names import QualifiedName
from outofband.model.step import RefreshView, Reindex
from outofband.revisions.operations.declaration import checked


class ReindexOutOfBandOp(MigrateOperation):
    """An index that is to be built anew."""

    def __init__(
        self,
        name: str,
        index_name: str,
        table_name: str,
        *,
        schema: str | None = None,
        after: Sequence[str] = (),
    ) -> None:
        self.name, self.index_name, self.table_name = name, index_name, table_name
        self.schema, self.after = schema, tuple(after)

    @classmethod
    def reindex_out_of_band(
        cls,
        operations: Operations,
        name: str,
        index_name: str,
        table_name: str,
        *,
        schema: str | None = None,
        after: Sequence[str] = (),
    ) -> None:
        """Want an index built anew, concurrently, once.

        ``name`` is the step's: whoever wants it once more gives another. ``after`` names steps that
        have to be done first. In the deploy it is done only on a small table.
        """
        step = checked(name, "reindex_out_of_band")
        operations.invoke(cls(step, index_name, table_name, schema=schema, after=after))

    def to_sister(self) -> MigrateOperation:
        """Return the plain operation."""
        return ExecuteSQLOp(self.to_step().plain_sql)

    def to_step(self) -> Reindex:
        """Return the step it declares."""
        table = QualifiedName(self.table_name, self.schema)
        return Reindex(self.name, table, self.index_name, self.after)


class RefreshMaterializedViewOutOfBandOp(MigrateOperation):
    """A materialized view that is to be refreshed."""

    def __init__(
        self, name: str, view_name: str, *, schema: str | None = None, after: Sequence[str] = ()
    ) -> None:
        self.name, self.view_name = name, view_name
        self.schema, self.after = schema, tuple(after)

    @classmethod
    def refresh_materialized_view_out_of_band(
        cls,
        operations: Operations,
        name: str,
        view_name: str,
        *,
        schema: str | None = None,
        after: Sequence[str] = (),
    ) -> None:
        """Want a materialized view refreshed, concurrently, once.

        ``name`` is the step's: whoever wants it once more gives another. ``after`` names steps that
        have to be done first, such as that of the unique index that it needs. It is never done in
        the deploy, since nobody knows how long the view's query takes.
        """
        step = checked(name, "refresh_materialized_view_out_of_band")
        operations.invoke(cls(step, view_name, schema=schema, after=after))

    def to_sister(self) -> MigrateOperation:
        """Return the plain operation."""
        return ExecuteSQLOp(self.to_step().plain_sql)

    def to_step(self) -> RefreshView:
        """Return the step it declares."""
        return RefreshView(self.name, QualifiedName(self.view_name, self.schema), self.after)
