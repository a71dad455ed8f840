"""Checks: ``op.create_check_constraint_out_of_band``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alembic.operations import Operations
from alembic.operations.ops import CreateCheckConstraintOp, DropConstraintOp

from outofband.model.names import QualifiedName
from outofband.model.step import AddCheck
from outofband.revisions.operations.declaration import checked

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, TextClause


class CreateCheckConstraintOutOfBandOp(CreateCheckConstraintOp):
    """A check that holds for new rows at once, and whose rows the runbook validates."""

    def __init__(
        self,
        constraint_name: str,
        table_name: str,
        condition: str | TextClause | ColumnElement[Any],
        *,
        schema: str | None = None,
        after: Sequence[str] = (),
        **kw: Any,
    ) -> None:
        super().__init__(constraint_name, table_name, condition, schema=schema, **kw)
        self.after = tuple(after)

    @classmethod
    def create_check_constraint_out_of_band(
        cls,
        operations: Operations,
        constraint_name: str,
        table_name: str,
        condition: str | TextClause | ColumnElement[Any],
        *,
        schema: str | None = None,
        after: Sequence[str] = (),
    ) -> None:
        """Want a check; arguments are those of ``op.create_check_constraint``.

        On a small table it is added here and now. On a large one it is added NOT VALID, which takes
        milliseconds and holds for new rows, and ``outofband apply`` validates the others. ``after``
        names steps that have to be done first, such as a backfill: then nothing is added before.
        """
        name = checked(constraint_name, "create_check_constraint_out_of_band")
        operations.invoke(cls(name, table_name, condition, schema=schema, after=after))

    def reverse(self) -> DropConstraintOp:
        """Return the drop that undoes it, done or not."""
        name, table = str(self.constraint_name), self.table_name
        return DropConstraintOp(name, table, type_="check", schema=self.schema, if_exists=True)

    def to_step(self) -> AddCheck:
        """Return the step it declares; raises ConditionWrong."""
        from outofband.revisions.condition import condition_of

        table = QualifiedName(self.table_name, self.schema)
        return AddCheck(str(self.constraint_name), table, condition_of(self), self.after)

    def to_sister(self) -> CreateCheckConstraintOp:
        """Return the plain operation."""
        return CreateCheckConstraintOp(
            self.constraint_name, self.table_name, self.condition, schema=self.schema, **self.kw
        )
