"""What is done anew: ``op.reindex_out_of_band``, ``op.refresh_materialized_view_out_of_band``."""

from __future__ import annotations

from collections.abc import Sequence

from alembic.operations import Operations

from outofband.model.names import QualifiedName
from outofband.model.step import RefreshView, Reindex
from outofband.revisions.operations.declaration import StepOutOfBandOp, checked


class ReindexOutOfBandOp(StepOutOfBandOp[Reindex]):
    """An index that is to be built anew."""

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
        table = QualifiedName(table_name, schema)
        operations.invoke(cls(Reindex(step, table, index_name, tuple(after))))


class RefreshMaterializedViewOutOfBandOp(StepOutOfBandOp[RefreshView]):
    """A materialized view that is to be refreshed."""

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
        view = QualifiedName(view_name, schema)
        operations.invoke(cls(RefreshView(step, view, tuple(after))))
