"""The operations that a revision declares steps with, beside their plain sisters in ``op``.

Loaded on any ``import alembic``, so what runs them is imported when the first of them runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn, Protocol

from alembic.operations import BatchOperations, MigrateOperation, Operations
from alembic.operations.ops import (
    AddConstraintOp,
    CreateIndexOp,
    CreatePrimaryKeyOp,
    CreateUniqueConstraintOp,
    DropIndexOp,
)

from outofband.model.names import MAX_IDENTIFIER_BYTES, QualifiedName
from outofband.model.step import AddConstraint, ConstraintKind, CreateIndex, DropIndex, Step
from outofband.revisions.stop import UpgradeMisused


class Declaration(Protocol):
    """An operation that declares a step."""

    def to_step(self) -> Step:
        """Return the step it declares."""
        ...

    def to_sister(self) -> MigrateOperation:
        """Return the plain operation, for other dialects."""
        ...


class StepUnnamed(UpgradeMisused):
    """A step was declared without a name, or with one that Postgres would cut."""


class NotInBatch(UpgradeMisused):
    """A step was declared inside ``batch_alter_table``."""


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
            _checked(index_name, "create_index_out_of_band"),
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
        self.after = None if after is None else tuple(after)

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
        name = _checked(index_name, "drop_index_out_of_band")
        operations.invoke(cls(name, table_name, schema=schema, after=after))

    def reverse(self) -> NoReturn:
        """Refuse: what the index was is not known here."""
        raise NotImplementedError("a dropped index cannot be declared again without its definition")

    def to_step(self) -> DropIndex:
        """Return the step it declares."""
        table = QualifiedName(self.table_name, self.schema)
        return DropIndex(str(self.index_name), table, self.after)

    def to_sister(self) -> DropIndexOp:
        """Return the plain operation."""
        return DropIndexOp(self.index_name, self.table_name, schema=self.schema)


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

    def to_diff_tuple(self) -> tuple[str, str, str]:
        """Return what Alembic's comparison shows of it."""
        return (f"add_{self.kind}", self.table_name, self.constraint_name)

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
        name = _checked(constraint_name, "create_primary_key_out_of_band")
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
        name = _checked(constraint_name, "create_unique_constraint_out_of_band")
        operations.invoke(cls(name, table_name, columns, using_index=using_index, schema=schema))


class RequireStepOp(MigrateOperation):
    """A barrier: the revision goes on only when a step is done."""

    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def require_step(cls, operations: Operations, name: str) -> None:
        """Refuse to go on until the step ``name`` of an earlier revision is done.

        It stands first in its revision. The revisions finished before it stay finished: they are
        committed before ``alembic`` ends with status 3 and the command that does the step.
        """
        operations.invoke(cls(_checked(name, "require_step")))


OPERATIONS = {
    "create_index_out_of_band": CreateIndexOutOfBandOp,
    "drop_index_out_of_band": DropIndexOutOfBandOp,
    "create_primary_key_out_of_band": CreatePrimaryKeyOutOfBandOp,
    "create_unique_constraint_out_of_band": CreateUniqueConstraintOutOfBandOp,
}


def register() -> None:
    """Make the operations known to Alembic, as methods of ``op`` and as values to invoke."""
    for name, operation in OPERATIONS.items():
        Operations.register_operation(name)(operation)
        Operations.implementation_for(operation)(_declare)
        setattr(BatchOperations, name, _refuse_in_batch)
    Operations.register_operation("require_step")(RequireStepOp)
    Operations.implementation_for(RequireStepOp)(_require)


def _declare(operations: Operations, operation: Declaration) -> None:
    if operations.migration_context.dialect.name != "postgresql":
        operations.invoke(operation.to_sister())
        return
    from outofband.revisions import running

    running.carry_out(operations.migration_context, operation.to_step())


def _require(operations: Operations, operation: RequireStepOp) -> None:
    if operations.migration_context.dialect.name == "postgresql":
        from outofband.revisions import running

        running.require(operations.migration_context, operation.name)


def _checked(name: str | None, operation: str) -> str:
    if not name:
        raise StepUnnamed(
            f"op.{operation} without a name",
            why="a runbook and a barrier call a step by it, and no naming convention decides it",
            do="Give the name",
        )
    size = len(name.encode())
    if size > MAX_IDENTIFIER_BYTES:
        raise StepUnnamed(
            f"the name {name} is too long",
            why=f"it has {size} bytes, and Postgres cuts names to {MAX_IDENTIFIER_BYTES}",
            do="Shorten it",
        )
    return name


def _refuse_in_batch(_operations: BatchOperations, *_: Any, **__: Any) -> NoReturn:
    raise NotInBatch(
        "an out-of-band operation inside batch_alter_table",
        why="a batch may copy the table, and a step outlives its revision",
        do="Call it on op, after the batch",
    )
