"""Indexes: ``op.create_index_out_of_band`` and ``op.drop_index_out_of_band``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic.operations import Operations
from alembic.operations.ops import CreateIndexOp, DropIndexOp

from outofband.model.names import QualifiedName
from outofband.model.step import CreateIndex, DropIndex
from outofband.revisions.operations.declaration import checked, waited_for


class CreateIndexOutOfBandOp(CreateIndexOp):
    """An index that is built by the runbook, or in the deploy while its table is small."""

    def __init__(
        self,
        index_name: str | None,
        table_name: str,
        columns: Sequence[Any],
        *,
        after: Sequence[str] | None = None,
        **kw: Any,
    ) -> None:
        super().__init__(index_name, table_name, columns, **kw)
        self.after = tuple(after or ())

    @classmethod
    def create_index_out_of_band(
        cls,
        operations: Operations,
        index_name: str,
        table_name: str,
        columns: Sequence[Any],
        *,
        schema: str | None = None,
        unique: bool = False,
        if_not_exists: bool | None = None,
        after: Sequence[str] | None = None,
        **kw: Any,
    ) -> None:
        """Want an index; arguments are those of ``op.create_index``.

        On a small table it is built here and now, else it is left to ``outofband apply``. An equal
        valid index is taken as it is, whatever ``if_not_exists`` says. ``after`` names steps that
        have to be done first; without it a build waits for nothing.
        """
        operation = cls(
            checked(index_name, "create_index_out_of_band"),
            table_name,
            columns,
            schema=schema,
            unique=unique,
            if_not_exists=if_not_exists,
            after=after,
            **kw,
        )
        operations.invoke(operation)

    def reverse(self) -> DropIndexOutOfBandOp:
        """Return the drop that undoes it."""
        return DropIndexOutOfBandOp(str(self.index_name), self.table_name, schema=self.schema)

    def to_step(self) -> CreateIndex:
        """Return the step it declares; raises IndexWrong."""
        from outofband.revisions.definition import index_of

        return CreateIndex(index_of(self), self.after)

    def to_sister(self) -> CreateIndexOp:
        """Return the plain operation."""
        return CreateIndexOp(
            self.index_name,
            self.table_name,
            self.columns,
            schema=self.schema,
            unique=self.unique,
            if_not_exists=self.if_not_exists,
            **self.kw,
        )


class DropIndexOutOfBandOp(DropIndexOp):
    """An index that is dropped by the runbook, or in the deploy while its table is small."""

    table_name: str

    def __init__(
        self,
        index_name: str,
        table_name: str,
        *,
        after: Sequence[str] | None = None,
        **kw: Any,
    ) -> None:
        super().__init__(index_name, table_name, **kw)
        self.after = waited_for(after)

    @classmethod
    def drop_index_out_of_band(
        cls,
        operations: Operations,
        index_name: str,
        table_name: str,
        *,
        schema: str | None = None,
        after: Sequence[str] | None = None,
    ) -> None:
        """Want an index gone, once every earlier step on its table is done.

        ``after`` names the steps to wait for instead. In ``downgrade()`` the index, or the
        constraint that it became, goes only while the table is small; ``outofband status`` lists
        what stays as unwanted.
        """
        name = checked(index_name, "drop_index_out_of_band")
        operations.invoke(cls(name, table_name, schema=schema, after=after))

    def reverse(self) -> CreateIndexOp:
        """Return what declares the index again, which autogenerate knows; raises
        NotImplementedError where nobody said what it was.
        """
        if self._reverse is None:
            raise NotImplementedError(
                "a dropped index cannot be declared again without its definition"
            )
        return self._reverse

    def to_step(self) -> DropIndex:
        """Return the step it declares."""
        table = QualifiedName(self.table_name, self.schema)
        return DropIndex(str(self.index_name), table, self.after)

    def to_sister(self) -> DropIndexOp:
        """Return the plain operation."""
        return DropIndexOp(self.index_name, self.table_name, schema=self.schema)
