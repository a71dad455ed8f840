"""What each action of ALTER TABLE does to its table: one function a kind of action."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

from outofband_lint import statement as sql
from outofband_lint.names import QualifiedName
from outofband_lint.schema import columns, constraints, partitions, tables
from outofband_lint.schema.draft import Draft


@singledispatch
def act(action: object, draft: Draft, table: QualifiedName) -> None:
    """Change one table of the draft as the action of ALTER TABLE would."""


@act.register
def _(action: sql.AddColumn, draft: Draft, table: QualifiedName) -> None:
    columns.add_column(draft, table, action)


@act.register
def _(action: sql.DropColumn, draft: Draft, table: QualifiedName) -> None:
    columns.drop_column(draft, table, action.column)


@act.register
def _(action: sql.RenameColumn, draft: Draft, table: QualifiedName) -> None:
    columns.rename_column(draft, table, action.column, action.new_name)


@act.register
def _(action: sql.AlterColumnType, draft: Draft, table: QualifiedName) -> None:
    columns.change_type(draft, table, action)


@act.register
def _(action: sql.SetDefault, draft: Draft, table: QualifiedName) -> None:
    columns.set_default(draft, table, action.column, action.expression)


@act.register
def _(action: sql.DropDefault, draft: Draft, table: QualifiedName) -> None:
    columns.set_default(draft, table, action.column, None)


@act.register
def _(action: sql.SetLogged, draft: Draft, table: QualifiedName) -> None:
    draft.put(replace(draft.tables[table], unlogged=not action.logged))


@act.register
def _(action: sql.SetNotNull, draft: Draft, table: QualifiedName) -> None:
    constraints.set_not_null(draft, table, (action.column,), not_null=True)


@act.register
def _(action: sql.DropNotNull, draft: Draft, table: QualifiedName) -> None:
    constraints.set_not_null(draft, table, (action.column,), not_null=False)


@act.register
def _(action: sql.AddConstraint, draft: Draft, table: QualifiedName) -> None:
    constraints.add_constraint(draft, table, action.constraint)


@act.register
def _(action: sql.DropConstraint, draft: Draft, table: QualifiedName) -> None:
    constraints.drop_constraint(draft, table, action.name)


@act.register
def _(action: sql.RenameConstraint, draft: Draft, table: QualifiedName) -> None:
    constraints.rename_constraint(draft, table, action.name, action.new_name)


@act.register
def _(action: sql.ValidateConstraint, draft: Draft, table: QualifiedName) -> None:
    constraints.validate_constraint(draft, table, action.name)


@act.register
def _(action: sql.AttachPartition, draft: Draft, table: QualifiedName) -> None:
    partitions.attach_partition(draft, table, action.partition, is_default=action.default)


@act.register
def _(action: sql.DetachPartition, draft: Draft, _table: QualifiedName) -> None:
    partitions.detach_partition(draft, action.partition)


@act.register
def _(action: sql.SetInheritance, draft: Draft, table: QualifiedName) -> None:
    tables.set_inheritance(draft, table, action)
