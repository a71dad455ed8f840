"""What each statement does to the schema: one function a kind of statement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import singledispatch

from outofband_lint import statement as sql
from outofband_lint.names import QualifiedName
from outofband_lint.schema import columns, indexes, partitions, tables, unknown
from outofband_lint.schema.actions import act
from outofband_lint.schema.deferred import awaited, deferred
from outofband_lint.schema.draft import Draft
from outofband_lint.schema.values import DEFAULT_SCHEMA, Column, Type


@singledispatch
def apply(statement: sql.Statement, draft: Draft) -> None:
    """Change the draft as the statement would; what has no function here changes nothing."""


def has_effect(statement: sql.Statement) -> bool:
    """Tell whether the statement may change the schema at all."""
    return apply.dispatch(type(statement)) is not apply.dispatch(sql.Statement)


# --- tables

apply.register(sql.CreateTable, tables.create_table)
apply.register(sql.CreateTableAs, tables.create_table_as)
apply.register(sql.CreateMaterializedView, tables.create_materialized_view)


@apply.register
def _(statement: sql.DropTable, draft: Draft) -> None:
    _drop(draft, statement.tables)


@apply.register
def _(statement: sql.DropMaterializedView, draft: Draft) -> None:
    _drop(draft, statement.views)


def _drop(draft: Draft, names: tuple[QualifiedName, ...]) -> None:
    for name in names:
        table = draft.table(name)
        if table is not None:
            tables.drop_table(draft, table.name)


@apply.register
def _(statement: sql.RenameTable, draft: Draft) -> None:
    """ALTER TABLE renames an index too, where the name is one (PostgreSQL 18, ALTER TABLE)."""
    _rename_relation(draft, statement.table, statement.new_name)


@apply.register
def _(statement: sql.RenameIndex, draft: Draft) -> None:
    """ALTER INDEX renames a table too, where the name is one (PostgreSQL 18, ALTER INDEX)."""
    _rename_relation(draft, statement.index, statement.new_name)


def _rename_relation(draft: Draft, name: QualifiedName, new_name: str) -> None:
    table, index = draft.table(name), draft.index(name)
    if table is not None:
        tables.move_table(draft, table.name, table.name.renamed(new_name))
    elif index is not None:
        indexes.rename_index(draft, index[0].name, index[1].name, new_name)
    else:
        _move_view(draft, name, lambda old: old.renamed(new_name))


@apply.register
def _(statement: sql.SetTableSchema, draft: Draft) -> None:
    table = draft.table(statement.table)
    if table is not None:
        new = QualifiedName(table.name.name, statement.schema)
        tables.move_table(draft, table.name, new)
    else:
        _move_view(draft, statement.table, lambda old: QualifiedName(old.name, statement.schema))


@apply.register
def _(statement: sql.AlterTable, draft: Draft) -> None:
    if draft.out_of_band:
        statement = deferred(statement)
    if unknown.changes_constraints(statement) and draft.table(statement.table) is None:
        name = unknown.full(statement.table)
        known = draft.constraints.get(name, ())
        after = unknown.constraints_after(
            statement, known, draft.revision, out_of_band=draft.out_of_band
        )
        draft.change_unknown(name, after)
        return
    for action in statement.actions:
        table = draft.table(statement.table)
        if table is not None:
            act(action, draft, table.name)


@apply.register
def _(statement: sql.Barrier, draft: Draft) -> None:
    awaited(draft, statement.step)


# --- views


@apply.register
def _(statement: sql.CreateView, draft: Draft) -> None:
    name = draft.target(statement.view, temporary=statement.temporary)
    if name not in draft.views:
        draft.put_view(name, draft.revision)


@apply.register
def _(statement: sql.DropView, draft: Draft) -> None:
    for name in statement.views:
        found = draft.view(name)
        if found is not None:
            draft.remove_view(found)


def _move_view(
    draft: Draft, name: QualifiedName, moved: Callable[[QualifiedName], QualifiedName]
) -> None:
    found = draft.view(name)
    if found is not None:
        revision = draft.views[found]
        draft.remove_view(found)
        draft.put_view(moved(found), revision)


# --- indexes

apply.register(sql.CreateIndex, indexes.create_index)
apply.register(sql.AttachIndex, partitions.attach_index)


@apply.register
def _(statement: sql.DropIndex, draft: Draft) -> None:
    for name in statement.indexes:
        found = draft.index(name)
        if found is not None:
            indexes.remove_index(draft, found[0].name, found[1].name)


# --- schemas and types


@apply.register
def _(statement: sql.CreateSchema, draft: Draft) -> None:
    draft.dropped_schemas.discard(statement.name)


@apply.register
def _(statement: sql.DropSchema, draft: Draft) -> None:
    draft.dropped_schemas.update(statement.names)
    for name in [name for name in draft.tables if name.schema in statement.names]:
        if name in draft.tables:
            tables.drop_table(draft, name)
    for name in [name for name in draft.views if name.schema in statement.names]:
        draft.remove_view(name)
    _drop_types(draft, {name for name in draft.types if name.schema in statement.names})


@apply.register
def _(statement: sql.RenameSchema, draft: Draft) -> None:
    draft.dropped_schemas.add(statement.name)
    draft.dropped_schemas.discard(statement.new_name)
    for name in [name for name in draft.tables if name.schema == statement.name]:
        tables.move_table(draft, name, QualifiedName(name.name, statement.new_name))
    for name in [name for name in draft.types if name.schema == statement.name]:
        _move_type(draft, name, QualifiedName(name.name, statement.new_name))
    for name in [name for name in draft.views if name.schema == statement.name]:
        _move_view(draft, name, lambda found: QualifiedName(found.name, statement.new_name))


@apply.register
def _(statement: sql.CreateType, draft: Draft) -> None:
    name = draft.target(statement.name)
    draft.put_type(Type(name, statement.kind, statement.labels, revision=draft.revision))


@apply.register
def _(statement: sql.CreateDomain, draft: Draft) -> None:
    name = draft.target(statement.name)
    draft.put_type(
        Type(
            name,
            "domain",
            revision=draft.revision,
            base=columns.resolved_type(draft, statement.type),
            default=statement.default,
            constrained=statement.not_null or bool(statement.constraints),
        )
    )


@apply.register
def _(statement: sql.AlterDomain, draft: Draft) -> None:
    type_ = draft.types.get(_type(draft, statement.domain))
    if type_ is not None and statement.action in ("add_constraint", "set_not_null"):
        draft.put_type(replace(type_, constrained=True))


@apply.register
def _(statement: sql.AddEnumValue, draft: Draft) -> None:
    type_ = draft.types.get(_type(draft, statement.type))
    if type_ is not None and statement.value not in type_.labels:
        added = (*type_.added, (statement.value, draft.revision))
        labels = (*type_.labels, statement.value)
        draft.put_type(replace(type_, labels=labels, added=added))


@apply.register
def _(statement: sql.RenameEnumValue, draft: Draft) -> None:
    type_ = draft.types.get(_type(draft, statement.type))
    if type_ is not None:
        old, new = statement.value, statement.new_value
        labels = tuple(new if label == old else label for label in type_.labels)
        draft.put_type(replace(type_, labels=labels))


@apply.register
def _(statement: sql.DropType, draft: Draft) -> None:
    _drop_types(draft, {_type(draft, name) for name in statement.types})


@apply.register
def _(statement: sql.RenameType, draft: Draft) -> None:
    old = _type(draft, statement.type)
    _move_type(draft, old, old.renamed(statement.new_name))


@apply.register
def _(statement: sql.SetTypeSchema, draft: Draft) -> None:
    old = _type(draft, statement.type)
    _move_type(draft, old, QualifiedName(old.name, statement.schema))


def _type(draft: Draft, name: QualifiedName) -> QualifiedName:
    candidates = list(draft.now().candidates(name))
    return next((c for c in candidates if c in draft.types), draft.target(name))


def _drop_types(draft: Draft, names: set[QualifiedName]) -> None:
    draft.remove_types(names)
    for table in list(draft.tables.values()):
        for column in table.columns:
            if _type_name(column) in names and table.name in draft.tables:
                columns.drop_column(draft, table.name, column.name)


def _move_type(draft: Draft, old: QualifiedName, new: QualifiedName) -> None:
    known = draft.types.get(old)
    if known is not None:
        draft.remove_types((old,))
        draft.put_type(replace(known, name=new))

    def moved(column: Column) -> Column:
        if _type_name(column) != old:
            return column
        return replace(column, type=replace(column.type, name=new.name, schema=new.schema))

    for name in list(draft.tables):
        draft.change(name, columns=moved)


def _type_name(column: Column) -> QualifiedName | None:
    if column.type.builtin:
        return None
    return QualifiedName(column.type.name, column.type.schema or DEFAULT_SCHEMA)


# --- the session


@apply.register
def _(statement: sql.SetSearchPath, draft: Draft) -> None:
    draft.search_path = (DEFAULT_SCHEMA,) if statement.schemas is None else statement.schemas
