"""From the operations that Alembic found to their out-of-band form, where that is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from alembic.operations.ops import (
    CreateForeignKeyOp,
    CreateIndexOp,
    CreateUniqueConstraintOp,
    DropConstraintOp,
    DropIndexOp,
    MigrateOperation,
    ModifyTableOps,
    OpContainer,
)
from sqlalchemy import ForeignKeyConstraint, UniqueConstraint

from outofband.model.names import MAX_IDENTIFIER_BYTES, clip, fingerprint
from outofband.revisions.autogenerate.operations import (
    Together,
    constraint_name,
    name_of,
    replace_each,
)
from outofband.revisions.autogenerate.placement import Placement
from outofband.revisions.definition import declarable
from outofband.revisions.operations.constraint import CreateUniqueConstraintOutOfBandOp
from outofband.revisions.operations.foreign_key import ACTIONS, CreateForeignKeyOutOfBandOp
from outofband.revisions.operations.index import CreateIndexOutOfBandOp, DropIndexOutOfBandOp

_NOT_DECLARED = "postgresql_concurrently", "postgresql_invalid"
_OF_A_REFERENCE = frozenset(
    {"onupdate", "ondelete", "deferrable", "initially", "match"}
    | {"source_schema", "referent_schema"}
)
_OF_THE_INDEX = frozenset({"postgresql_include", "postgresql_nulls_not_distinct"})


class DropConstraintBackOutOfBandOp(DropConstraintOp):
    """A constraint dropped as ever, in milliseconds, which comes back out of band."""

    placement: Placement

    def reverse(self) -> Together:  # type: ignore[override]
        """Return what declares it again."""
        return Together([*_declared(super().reverse(), self.placement)])


_NEVER_IN_A_BATCH = (
    CreateIndexOutOfBandOp,
    DropIndexOutOfBandOp,
    CreateUniqueConstraintOutOfBandOp,
    CreateForeignKeyOutOfBandOp,
    DropConstraintBackOutOfBandOp,
)


def declare(upgrade: OpContainer, placement: Placement, *, in_batches: bool = False) -> None:
    """Put the out-of-band form in the place of what is to have it, in ``upgrade`` itself.

    ``in_batches``: what stays is rendered inside ``batch_alter_table``, where nothing is declared.
    """
    replace_each(upgrade, lambda operation: _declared(operation, placement))
    if in_batches:
        upgrade.ops[:] = [each for operation in upgrade.ops for each in _unbatched(operation)]


def _declared(operation: MigrateOperation, placement: Placement) -> Iterable[MigrateOperation]:
    match operation:
        case CreateIndexOutOfBandOp() | DropIndexOutOfBandOp() | CreateForeignKeyOutOfBandOp():
            return (operation,)
        case CreateIndexOp():
            return (_create_index(operation, placement),)
        case DropIndexOp():
            return (_drop_index(operation, placement),)
        case CreateUniqueConstraintOp():
            return _unique_constraint(operation, placement)
        case CreateForeignKeyOp():
            return (_foreign_key(operation, placement),)
        case DropConstraintOp(constraint_type="unique" | "foreignkey"):
            return (_drop_constraint(operation, placement),)
    return (operation,)


def _create_index(operation: CreateIndexOp, placement: Placement) -> MigrateOperation:
    table, schema, name = operation.table_name, operation.schema, str(operation.index_name)
    if not placement.is_out_of_band(schema, table, placement.index(schema, table, name)):
        return operation
    return _declared_index(operation) or operation


def _declared_index(operation: CreateIndexOp) -> CreateIndexOutOfBandOp | None:
    """Return the out-of-band form of an index, None where it has none."""
    made = CreateIndexOutOfBandOp(
        operation.index_name,
        operation.table_name,
        operation.columns,
        schema=operation.schema,
        unique=bool(operation.unique),
        if_not_exists=operation.if_not_exists,
        **{key: value for key, value in operation.kw.items() if key not in _NOT_DECLARED},
    )
    return made if declarable(made) else None


def _drop_index(operation: DropIndexOp, placement: Placement) -> MigrateOperation:
    table = operation.table_name
    if table is None or not placement.is_out_of_band(operation.schema, table, None):
        return operation
    back = _declared_index(operation.reverse())
    if back is None:
        return operation
    return DropIndexOutOfBandOp(
        operation.index_name, table, schema=operation.schema, unique=back.unique,
        _reverse=back, **back.kw,
    )  # fmt: skip


def _unique_constraint(
    operation: CreateUniqueConstraintOp, placement: Placement
) -> tuple[MigrateOperation, ...]:
    """Return the unique index and what makes a constraint of it: nothing else is without a scan
    under ACCESS EXCLUSIVE (PostgreSQL 18, ALTER TABLE). One that is DEFERRABLE, or has options of
    other dialects, has no such form.
    """
    table, schema, columns = operation.table_name, operation.schema, tuple(operation.columns)
    named: Any = operation.constraint_name
    item = placement.constraint(UniqueConstraint, schema, table, named, columns)
    name = constraint_name(operation)
    if name is None or not placement.is_out_of_band(schema, table, item):
        return (operation,)
    options = {key: value for key, value in operation.kw.items() if value}
    if not _OF_THE_INDEX.issuperset(options):
        return (operation,)
    index = _index_for(operation, name)
    return (
        CreateIndexOutOfBandOp(index, table, columns, schema=schema, unique=True, **options),
        CreateUniqueConstraintOutOfBandOp(name, table, columns, using_index=index, schema=schema),
    )


def _index_for(operation: CreateUniqueConstraintOp, constraint: str) -> str:
    """Return the name of the index until it is the constraint's: each step has one of its own."""
    label = "_index"
    if len(constraint.encode()) + len(label) > MAX_IDENTIFIER_BYTES:
        name = name_of(operation)
        assert name is not None
        label = f"_{fingerprint(name, 'index')}{label}"
    return clip(constraint, MAX_IDENTIFIER_BYTES - len(label)) + label


def _foreign_key(operation: CreateForeignKeyOp, placement: Placement) -> MigrateOperation:
    table, schema = operation.source_table, operation.kw.get("source_schema")
    named: Any = operation.constraint_name
    columns = tuple(operation.local_cols)
    item = placement.constraint(ForeignKeyConstraint, schema, table, named, columns)
    name = constraint_name(operation)
    if name is None or not placement.is_out_of_band(schema, table, item):
        return operation
    options = {key: value for key, value in operation.kw.items() if value}
    options.pop("use_alter", None)  # it is about the order of tables that are made together
    actions = (str(options.get(key, "")).upper() for key in ("onupdate", "ondelete"))
    if not _OF_A_REFERENCE.issuperset(options) or not ACTIONS.keys() >= set(actions):
        return operation
    return CreateForeignKeyOutOfBandOp(
        name, table, operation.referent_table, columns, operation.remote_cols, **options
    )


def _drop_constraint(operation: DropConstraintOp, placement: Placement) -> MigrateOperation:
    if not placement.is_out_of_band(operation.schema, operation.table_name, None):
        return operation
    made = DropConstraintBackOutOfBandOp(
        operation.constraint_name,
        operation.table_name,
        operation.constraint_type,
        schema=operation.schema,
        if_exists=operation.if_exists,
        _reverse=operation._reverse,
    )
    made.placement = placement
    return made


def _unbatched(operation: MigrateOperation) -> Iterator[MigrateOperation]:
    """Yield a table's operations with those that no batch may hold beside it, in their order."""
    if not isinstance(operation, ModifyTableOps):
        yield operation
        return
    table, schema = operation.table_name, operation.schema
    batch: list[MigrateOperation] = []
    for each in operation.ops:
        if not isinstance(each, _NEVER_IN_A_BATCH):
            batch.append(each)
            continue
        if batch:
            yield ModifyTableOps(table, batch, schema=schema)
        batch = []
        yield each
    if batch:
        yield ModifyTableOps(table, batch, schema=schema)
