"""What statements do to constraints.

Source: PostgreSQL 18, ALTER TABLE and chapter 5.5 (constraints).
"""

from __future__ import annotations

from dataclasses import replace

from outofband_lint.names import QualifiedName
from outofband_lint.reader.expression import mentioned
from outofband_lint.schema.default_names import columns_addition, free_name
from outofband_lint.schema.draft import Draft
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
        _add_foreign_key(draft, table_name, declared)
    else:
        _add_not_null(draft, table_name, declared)


def _append(draft: Draft, table_name: QualifiedName, constraint: TableConstraint) -> None:
    table = draft.tables[table_name]
    draft.put(replace(table, constraints=(*table.constraints, constraint)))


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
    _append(draft, table_name, TableConstraint(created.name, declared.kind, declared.columns))
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
        draft.change(
            table_name, indexes=lambda i: replace(i, constraint=name) if i.name == name else i
        )
    _append(draft, table_name, TableConstraint(name, declared.kind, columns))
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
    name = declared.name or free_name(
        table_name.name,
        declared.columns[0],
        "not_null",
        lambda name: draft.has_constraint(table_name.schema, name),
    )
    _append(
        draft,
        table_name,
        TableConstraint(name, "not_null", declared.columns, validated=not declared.not_valid),
    )


def _add_check(draft: Draft, table_name: QualifiedName, declared: Constraint) -> None:
    table = draft.tables[table_name]
    columns = _checked_columns(table, declared.expression or "")
    name = declared.name or free_name(
        table_name.name,
        columns[0] if len(columns) == 1 else "",
        "check",
        lambda name: draft.has_constraint(table_name.schema, name),
    )
    constraint = TableConstraint(
        name,
        "check",
        columns,
        validated=not declared.not_valid,
        expression=declared.expression,
        no_inherit=declared.no_inherit,
    )
    _append(draft, table_name, constraint)
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
        _append(draft, table_name, inherited)
    else:
        draft.change(
            table_name,
            constraints=lambda c: replace(c, parent=parent.name) if c.name == parent.name else c,
        )
    for child in draft.children(table_name):
        inherit_check(draft, child.name, inherited)


def _add_foreign_key(draft: Draft, table_name: QualifiedName, declared: Constraint) -> None:
    name = declared.name or _foreign_key_name(draft, table_name, declared.columns)
    target = draft.table(declared.references) if declared.references else None
    constraint = TableConstraint(
        name,
        "foreign_key",
        declared.columns,
        validated=not declared.not_valid,
        references=declared.references if target is None else target.name,
        referenced_columns=declared.referenced_columns or _primary_key(target),
    )
    _append(draft, table_name, constraint)
    for partition in draft.partitions(table_name):
        inherit_foreign_key(draft, partition.name, constraint)


def _foreign_key_name(draft: Draft, table_name: QualifiedName, columns: tuple[str, ...]) -> str:
    return free_name(
        table_name.name,
        columns_addition(columns),
        "fkey",
        lambda name: draft.has_constraint(table_name.schema, name),
    )


def _primary_key(table: Table | None) -> tuple[str, ...]:
    constraints = () if table is None else table.constraints
    return next((c.columns for c in constraints if c.kind == "primary_key"), ())


def inherit_foreign_key(draft: Draft, partition: QualifiedName, parent: TableConstraint) -> None:
    """Give a partition the parent's foreign key, or merge it with an equal one of its own."""
    table = draft.tables[partition]
    for own in table.constraints:
        if own.parent is None and _same_reference(own, parent):
            draft.change(
                partition,
                constraints=lambda c: (
                    replace(c, parent=parent.name) if c.name == own.name else c  # noqa: B023
                ),
            )
            return
    name = parent.name
    if table.constraint(name) is not None:
        name = _foreign_key_name(draft, partition, parent.columns)
    inherited = replace(parent, name=name, parent=parent.name)
    _append(draft, partition, inherited)
    for child in draft.partitions(partition):
        inherit_foreign_key(draft, child.name, inherited)


def _same_reference(own: TableConstraint, parent: TableConstraint) -> bool:
    return (
        own.kind == "foreign_key"
        and own.columns == parent.columns
        and own.references == parent.references
        and own.referenced_columns == parent.referenced_columns
    )


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
        remove_index(draft, table_name, owned)
        drop_references(draft, table_name, constraint.columns)
    draft.change(table_name, constraints=lambda c: None if c.name == name else c)
    for child in draft.children(table_name):
        for inherited in child.constraints:
            if inherited.parent == name:
                drop_constraint(draft, child.name, inherited.name)


def drop_references(
    draft: Draft, table_name: QualifiedName, columns: tuple[str, ...] | None = None
) -> None:
    """Drop the foreign keys that point to a table, or to exactly these columns of it."""
    draft.change_constraints_everywhere(
        lambda c: (
            None
            if c.references == table_name and (columns is None or c.referenced_columns == columns)
            else c
        )
    )


def rename_constraint(draft: Draft, table_name: QualifiedName, old: str, new: str) -> None:
    """Rename a constraint, with the index that it owns or the children that inherit it."""
    table = draft.tables[table_name]
    constraint = table.constraint(old)
    if constraint is None or table.constraint(new) is not None:
        return
    if any(index.constraint == old for index in table.indexes):
        rename_index(draft, table_name, old, new)
        return
    draft.change(table_name, constraints=lambda c: replace(c, name=new) if c.name == old else c)
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
    draft.change(table_name, constraints=lambda c: replace(c, parent=new) if c.name == name else c)


def validate_constraint(draft: Draft, table_name: QualifiedName, name: str) -> None:
    """Mark a constraint, and what inherits it, as validated."""
    draft.change(
        table_name, constraints=lambda c: replace(c, validated=True) if c.name == name else c
    )
    for child in draft.children(table_name):
        for inherited in child.constraints:
            if inherited.parent == name:
                validate_constraint(draft, child.name, inherited.name)
