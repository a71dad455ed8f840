"""What statements do to constraints.

Source: PostgreSQL 18, ALTER TABLE and chapter 5.5 (constraints).
"""

from __future__ import annotations

from dataclasses import replace

from outofband_lint.names import QualifiedName
from outofband_lint.reader.expression import mentioned
from outofband_lint.schema.draft import Draft
from outofband_lint.schema.foreign_keys import add_foreign_key, drop_references
from outofband_lint.schema.indexes import add_index, remove_index, rename_index
from outofband_lint.schema.values import Column, Index, Table, TableConstraint
from outofband_lint.statement import Constraint, IndexKey


def add_constraint(draft: Draft, table_name: QualifiedName, declared: Constraint) -> None:
    """Add a constraint to a table and to all that inherits it."""
    if declared.name is not None and draft.tables[table_name].constraint(declared.name):
        return
    if declared.using_index is not None:
        _adopt_index(draft, table_name, declared)
    elif declared.kind in ("primary_key", "unique", "exclude"):
        _add_indexed(draft, table_name, declared)
    elif declared.kind == "check":
        _add_check(draft, table_name, declared)
    elif declared.kind == "foreign_key":
        add_foreign_key(draft, table_name, declared)
    else:
        _add_not_null(draft, table_name, declared)


def _add_indexed(draft: Draft, table_name: QualifiedName, declared: Constraint) -> None:
    keys = declared.keys or tuple(IndexKey(column) for column in declared.columns)
    index = Index(
        name=declared.name or "",
        keys=keys,
        include=declared.include,
        method=declared.method,
        unique=declared.kind != "exclude",
        where=declared.where,
        nulls_not_distinct=declared.nulls_not_distinct,
    )
    created = add_index(draft, table_name, index, kind=declared.kind)
    draft.append_constraint(
        table_name, TableConstraint(created.name, declared.kind, declared.columns)
    )
    if declared.kind == "primary_key":
        set_not_null(draft, table_name, declared.columns, not_null=True)


def _adopt_index(draft: Draft, table_name: QualifiedName, declared: Constraint) -> None:
    """USING INDEX: the constraint owns the index, and names it."""
    old = declared.using_index or ""
    name = declared.name or old
    index = draft.tables[table_name].index(old)
    if index is None:
        columns: tuple[str, ...] = ()
    else:
        columns = tuple(key.column for key in index.keys if key.column is not None)
        rename_index(draft, table_name, old, name)
        draft.change_index(table_name, name, constraint=name)
    draft.append_constraint(table_name, TableConstraint(name, declared.kind, columns))
    if declared.kind == "primary_key":
        set_not_null(draft, table_name, columns, not_null=True)


def set_not_null(
    draft: Draft, table_name: QualifiedName, columns: tuple[str, ...], *, not_null: bool
) -> None:
    """Set or drop NOT NULL on columns, wherever the table is inherited."""

    def change(column: Column) -> Column:
        return replace(column, not_null=not_null) if column.name in columns else column

    for table in list(draft.family(table_name)):
        draft.change(table.name, columns=change)


def _add_not_null(draft: Draft, table_name: QualifiedName, declared: Constraint) -> None:
    set_not_null(draft, table_name, declared.columns, not_null=True)
    name = declared.name or draft.free_constraint_name(table_name, declared.columns[0], "not_null")
    draft.append_constraint(
        table_name,
        TableConstraint(name, "not_null", declared.columns, validated=not declared.not_valid),
    )


def _add_check(draft: Draft, table_name: QualifiedName, declared: Constraint) -> None:
    table = draft.tables[table_name]
    columns = _checked_columns(table, declared.expression or "")
    only_column = columns[0] if len(columns) == 1 else ""
    name = declared.name or draft.free_constraint_name(table_name, only_column, "check")
    constraint = TableConstraint(
        name,
        "check",
        columns,
        validated=not declared.not_valid,
        expression=declared.expression,
        no_inherit=declared.no_inherit,
    )
    draft.append_constraint(table_name, constraint)
    if not declared.no_inherit:
        for child in draft.children(table_name):
            inherit_check(draft, child.name, constraint)


def _checked_columns(table: Table, expression: str) -> tuple[str, ...]:
    names = mentioned(expression)
    return tuple(column.name for column in table.columns if column.name in names)


def inherit_check(draft: Draft, table_name: QualifiedName, parent: TableConstraint) -> None:
    """Give a child the parent's CHECK under the same name, or merge it with the child's own."""
    inherited = replace(parent, parent=parent.name)
    if draft.tables[table_name].constraint(parent.name) is None:
        draft.append_constraint(table_name, inherited)
    else:
        draft.change_constraint(table_name, parent.name, parent=parent.name)
    for child in draft.children(table_name):
        inherit_check(draft, child.name, inherited)


def drop_constraint(draft: Draft, table_name: QualifiedName, name: str) -> None:
    """Drop a constraint, the index that it owns, what inherits it and what depends on it."""
    table = draft.tables[table_name]
    constraint = table.constraint(name)
    if constraint is None:
        return
    if constraint.kind == "not_null":
        set_not_null(draft, table_name, constraint.columns, not_null=False)
    owned = next((index.name for index in table.indexes if index.constraint == name), None)
    if owned is not None:
        if _serves_references(table, owned):
            drop_references(draft, table_name, constraint.columns)
        remove_index(draft, table_name, owned)
    draft.change(table_name, constraints=lambda c: None if c.name == name else c)
    for child in draft.children(table_name):
        for inherited in child.constraints:
            if inherited.parent == name:
                drop_constraint(draft, child.name, inherited.name)


def _serves_references(table: Table, name: str) -> bool:
    """Tell whether foreign keys rely on this index: they took the oldest unique one that fits.

    Source: PostgreSQL 18, transformFkeyCheckAttrs (src/backend/commands/tablecmds.c).
    """
    keys = {index.name: {key.column for key in index.keys} for index in table.indexes}
    fitting = [i.name for i in table.indexes if i.unique and keys[i.name] == keys[name]]
    return fitting[:1] == [name]


def rename_constraint(draft: Draft, table_name: QualifiedName, old: str, new: str) -> None:
    """Rename a constraint, with the index that it owns or the children that inherit it."""
    table = draft.tables[table_name]
    constraint = table.constraint(old)
    if constraint is None or table.constraint(new) is not None:
        return
    if any(index.constraint == old for index in table.indexes):
        rename_index(draft, table_name, old, new)
        return
    draft.change_constraint(table_name, old, name=new)
    for child in draft.children(table_name):
        for inherited in child.constraints:
            if inherited.parent == old:
                _follow_rename(draft, child.name, inherited, new)


def _follow_rename(
    draft: Draft, table_name: QualifiedName, inherited: TableConstraint, new: str
) -> None:
    if inherited.kind == "check":
        rename_constraint(draft, table_name, inherited.name, new)
    name = new if inherited.kind == "check" else inherited.name
    draft.change_constraint(table_name, name, parent=new)


def validate_constraint(draft: Draft, table_name: QualifiedName, name: str) -> None:
    """Mark a constraint, and what inherits it, as validated."""
    draft.change_constraint(table_name, name, validated=True)
    for child in draft.children(table_name):
        for inherited in child.constraints:
            if inherited.parent == name:
                validate_constraint(draft, child.name, inherited.name)
