"""What statements do to columns, wherever the table is inherited.

Source: PostgreSQL 18, ALTER TABLE.
"""

from __future__ import annotations

from dataclasses import replace

from outofband_lint.names import QualifiedName
from outofband_lint.reader.expression import renamed
from outofband_lint.schema.constraints import add_constraint, drop_constraint
from outofband_lint.schema.draft import Draft
from outofband_lint.schema.indexes import rebuild_indexes, remove_index
from outofband_lint.schema.values import Column, Index, Table, TableConstraint
from outofband_lint.statement import (
    AddColumn,
    AlterColumnType,
    ColumnDefinition,
    DataType,
    IndexKey,
)


def column(draft: Draft, declared: ColumnDefinition) -> Column:
    """Return the column that a declaration creates."""
    return Column(
        declared.name,
        resolved_type(draft, declared.type),
        declared.not_null,
        default=declared.default,
        generated=declared.generated,
        identity=declared.identity or declared.serial,
        revision=draft.revision,
        collation=declared.collation,
    )


def resolved_type(draft: Draft, type_: DataType) -> DataType:
    """Give a type that the chain created the schema where it was found."""
    if type_.builtin:
        return type_
    for candidate in draft.now().candidates(QualifiedName(type_.name, type_.schema)):
        if candidate in draft.types:
            return replace(type_, schema=candidate.schema)
    return type_


def add_column(draft: Draft, table_name: QualifiedName, action: AddColumn) -> None:
    """Add a column and the constraints that stand with it."""
    if draft.tables[table_name].column(action.column.name) is not None:
        return
    new = column(draft, action.column)
    for table in list(draft.family(table_name)):
        if table.column(new.name) is None:
            added = new if table.name == table_name else replace(new, local=False)
            draft.put(replace(table, columns=(*table.columns, added)))
    for constraint in action.column.constraints:
        add_constraint(draft, table_name, constraint)


def set_default(draft: Draft, table_name: QualifiedName, name: str, expression: str | None) -> None:
    """Give a column another default, or none, wherever the table is inherited."""
    for table in list(draft.family(table_name)):
        draft.change(
            table.name, columns=lambda c: replace(c, default=expression) if c.name == name else c
        )


def drop_column(draft: Draft, table_name: QualifiedName, name: str) -> None:
    """Drop a column, and every index and constraint that involves it.

    Children keep it where it is their own, or another parent's too.
    """
    table = draft.tables[table_name]
    for constraint in table.constraints:
        if name in constraint.columns:
            drop_constraint(draft, table.name, constraint.name)
    for index in draft.tables[table.name].indexes:
        if name in index.columns:
            remove_index(draft, table.name, index.name)
    _drop_references_to(draft, table.name, name)
    draft.change(table.name, columns=lambda c: None if c.name == name else c)
    for child in draft.children(table_name):
        inherited = child.column(name)
        others = [draft.tables[p] for p in child.inherits if p in draft.tables]
        if inherited and not inherited.local and not any(p.column(name) for p in others):
            drop_column(draft, child.name, name)


def _drop_references_to(draft: Draft, table_name: QualifiedName, column_name: str) -> None:
    draft.change_references(
        table_name, lambda c: None if column_name in c.referenced_columns else c
    )


def rename_column(draft: Draft, table_name: QualifiedName, old: str, new: str) -> None:
    """Rename a column in the table, its indexes and constraints, and what refers to it."""
    if draft.tables[table_name].column(new) is not None:
        return
    for table in list(draft.family(table_name)):
        _rename_in_table(draft, table, old, new)


def _rename_in_table(draft: Draft, table: Table, old: str, new: str) -> None:
    def one(name: str) -> str:
        return new if name == old else name

    def in_constraint(constraint: TableConstraint) -> TableConstraint:
        expression = constraint.expression
        return replace(
            constraint,
            columns=tuple(map(one, constraint.columns)),
            expression=None if expression is None else renamed(expression, old, new),
        )

    def in_reference(constraint: TableConstraint) -> TableConstraint:
        referenced = tuple(map(one, constraint.referenced_columns))
        return replace(constraint, referenced_columns=referenced)

    draft.change(
        table.name,
        columns=lambda c: replace(c, name=one(c.name)),
        indexes=lambda i: _renamed_in_index(i, old, new),
        constraints=in_constraint,
    )
    draft.change_references(table.name, in_reference)


def _renamed_in_index(index: Index, old: str, new: str) -> Index:
    if old not in index.columns:
        return index
    return replace(
        index,
        keys=tuple(_renamed_in_key(key, old, new) for key in index.keys),
        include=tuple(new if name == old else name for name in index.include),
        where=None if index.where is None else renamed(index.where, old, new),
    )


def _renamed_in_key(key: IndexKey, old: str, new: str) -> IndexKey:
    if key.column is not None:
        return replace(key, column=new) if key.column == old else key
    return replace(key, expression=renamed(key.expression or "", old, new))


def change_type(draft: Draft, table_name: QualifiedName, action: AlterColumnType) -> None:
    """Give a column another type; the CHECKs that mention it are made again from the parent's."""
    new_type = resolved_type(draft, action.type)
    collation = action.collation
    parents = {c.name: c.validated for c in draft.tables[table_name].constraints}

    def made_again(constraint: TableConstraint) -> TableConstraint:
        if constraint.kind != "check" or action.column not in constraint.columns:
            return constraint
        validated = parents.get(constraint.parent or "", constraint.validated)
        return replace(constraint, validated=validated)

    for table in list(draft.family(table_name)):
        draft.change(
            table.name,
            columns=lambda c: (
                replace(c, type=new_type, collation=collation) if c.name == action.column else c
            ),
            constraints=made_again,
        )
        rebuild_indexes(draft, table.name, action.column)
