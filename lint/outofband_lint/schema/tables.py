"""What statements do to whole tables.

Source: PostgreSQL 18, CREATE TABLE (the order in which constraints are named and built),
DROP TABLE, ALTER TABLE.
"""

from __future__ import annotations

from dataclasses import replace

from outofband_lint.names import QualifiedName
from outofband_lint.reader.select import table_copied_by
from outofband_lint.schema.columns import column
from outofband_lint.schema.constraints import add_constraint, inherit_check, set_not_null
from outofband_lint.schema.draft import Draft
from outofband_lint.schema.foreign_keys import drop_references
from outofband_lint.schema.indexes import clone_index
from outofband_lint.schema.partitions import inherit_all
from outofband_lint.schema.values import Column, Table, TableConstraint, TableKind
from outofband_lint.statement import (
    Constraint,
    CreateMaterializedView,
    CreateTable,
    CreateTableAs,
    Like,
    SetInheritance,
)


def create_table(statement: CreateTable, draft: Draft) -> None:
    """Create a table with its columns, then CHECKs, indexes and foreign keys, as Postgres does."""
    name = draft.target(statement.table, temporary=statement.temporary)
    if name in draft.tables:
        if statement.if_not_exists:
            return
        drop_table(draft, name)  # something that was not understood must have done it
    parents = [draft.table(n) for n in (statement.partition_of, *statement.inherits) if n]
    known = [parent for parent in parents if parent is not None]
    sources = [(like, draft.table(like.source)) for like in statement.likes]
    table = _new(
        draft,
        name,
        kind=_kind(statement),
        columns=_columns(draft, statement, known, [t for _, t in sources if t is not None]),
        partition_of=known[0].name if statement.partition_of and known else None,
        is_default=statement.is_default,
        inherits=tuple(t.name for t in known) if statement.inherits else (),
        columns_known=len(known) == len(parents),
        unlogged=statement.unlogged,
        like=tuple(t.name for _, t in sources if t is not None),
        partition_key=statement.partition_key,
    )
    copied = [t for _, t in sources if t is not None and t.kind != "foreign"]
    draft.put(_replacing(table, copied[0] if copied else draft.gone.get(name)))
    declared = _declared(statement)
    for parent in known if statement.inherits else ():
        _inherit_checks(draft, table, parent)
    _add(draft, name, declared, ("check", "not_null"))
    for like, source in sources:
        if source is not None:
            _copy(draft, name, source, like)
    if statement.partition_of and known:
        inherit_all(draft, name, known[0].name)
    _add(draft, name, _without_repeated(declared), ("primary_key",))
    _add(draft, name, _without_repeated(declared), ("unique", "exclude"))
    _add(draft, name, declared, ("foreign_key",))


def _new(
    draft: Draft,
    name: QualifiedName,
    *,
    kind: TableKind = "table",
    columns: tuple[Column, ...] = (),
    partition_of: QualifiedName | None = None,
    is_default: bool = False,
    inherits: tuple[QualifiedName, ...] = (),
    columns_known: bool = True,
    unlogged: bool = False,
    like: tuple[QualifiedName, ...] = (),
    partition_key: str = "",
) -> Table:
    return Table(
        name,
        kind,
        columns,
        partition_of=partition_of,
        is_default=is_default,
        inherits=inherits,
        columns_known=columns_known,
        unlogged=unlogged,
        like=like,
        partition_key=partition_key,
        created_as=name,
        revision=draft.revision,
        source=draft.source,
    )


def _kind(statement: CreateTable) -> TableKind:
    if statement.foreign:
        return "foreign"
    return "partitioned" if statement.partition_by else "table"


def _columns(
    draft: Draft, statement: CreateTable, parents: list[Table], sources: list[Table]
) -> tuple[Column, ...]:
    """Return inherited and copied columns first, the declared ones merged into them."""
    columns = {c.name: replace(c, local=False) for table in parents for c in table.columns}
    declared = [c for table in sources for c in table.columns]
    declared += [column(draft, definition) for definition in statement.columns]
    for own in declared:
        inherited = columns.get(own.name)
        if inherited is None:
            columns[own.name] = own if own.local else replace(own, local=True)
        else:
            not_null = inherited.not_null or own.not_null
            local = statement.partition_of is None
            columns[own.name] = replace(inherited, not_null=not_null, local=local)
    return tuple(columns.values())


def _declared(statement: CreateTable) -> list[Constraint]:
    of_columns = [c for definition in statement.columns for c in definition.constraints]
    return [*of_columns, *statement.constraints]


def _without_repeated(constraints: list[Constraint]) -> list[Constraint]:
    """Leave out an unnamed UNIQUE over the primary key's columns: Postgres builds one index."""
    primary = [c for c in constraints if c.kind == "primary_key"]
    return [
        c
        for c in constraints
        if not (
            c.kind == "unique"
            and any(c.columns == p.columns and c.include == p.include for p in primary)
        )
    ]


def _add(
    draft: Draft, name: QualifiedName, declared: list[Constraint], kinds: tuple[str, ...]
) -> None:
    for constraint in declared:
        if constraint.kind in kinds:
            add_constraint(draft, name, constraint)


def _inherit_checks(draft: Draft, table: Table, parent: Table) -> None:
    for constraint in parent.constraints:
        if constraint.kind == "check" and not constraint.no_inherit:
            inherit_check(draft, table.name, replace(constraint, validated=True))


def _copy(draft: Draft, name: QualifiedName, source: Table, like: Like) -> None:
    """LIKE … INCLUDING CONSTRAINTS keeps the names, INCLUDING INDEXES lets Postgres choose."""
    if "constraints" in like.including:
        _copy_checks(draft, name, source.constraints)
    if "indexes" in like.including:
        for index in source.indexes:
            kind = next((c.kind for c in source.constraints if c.name == index.constraint), None)
            clone_index(draft, name, replace(index, parent=None), kind)
            if kind == "primary_key":
                columns = tuple(key.column for key in index.keys if key.column is not None)
                set_not_null(draft, name, columns, not_null=True)


def _copy_checks(
    draft: Draft, name: QualifiedName, constraints: tuple[TableConstraint, ...]
) -> None:
    for constraint in constraints:
        if constraint.kind == "check":
            declared = Constraint("check", constraint.name, expression=constraint.expression)
            add_constraint(draft, name, declared)


def create_table_as(statement: CreateTableAs, draft: Draft) -> None:
    """Create a table whose columns are a query's."""
    name = draft.target(statement.table, temporary=statement.temporary)
    if name not in draft.tables:
        source = table_copied_by(statement.sql)
        copied = draft.table(source) if source else None
        new = _new(draft, name, columns_known=False)
        draft.put(_replacing(new, copied or draft.gone.get(name)))


def create_materialized_view(statement: CreateMaterializedView, draft: Draft) -> None:
    """Create a materialized view."""
    name = draft.target(statement.view)
    if name not in draft.tables:
        draft.put(_new(draft, name, kind="materialized_view", columns_known=False))


def drop_table(draft: Draft, name: QualifiedName) -> None:
    """Drop a table, its partitions and inheritors, and the foreign keys that point to it.

    A foreign key to a partitioned table goes with any of the partitions that it checks against.
    """
    whole = draft.tables[name].partition_of
    while whole is not None and whole in draft.tables:
        drop_references(draft, whole)
        whole = draft.tables[whole].partition_of
    for table in list(draft.family(name)):
        draft.let_go(table.name)
        draft.remove(table.name)
        drop_references(draft, table.name)


def move_table(draft: Draft, old: QualifiedName, new: QualifiedName) -> None:
    """Give a table another name or schema; whatever refers to it follows."""
    if old == new or new in draft.tables:
        return
    followers = [*draft.tables.children(old), *draft.tables.referring_to(old)]
    draft.let_go(old)
    draft.put(_replacing(replace(draft.tables[old], name=new), draft.gone.get(new)))
    draft.remove(old)
    if old in draft.emptied:
        draft.emptied = draft.emptied - {old} | {new}
    for name in {new if table.name == old else table.name for table in followers}:
        draft.put(_following(draft.tables[name], old, new))


def _replacing(table: Table, before: Table | None) -> Table:
    """Let a table remember the indexes of the one whose name it takes over."""
    if before is None or not before.indexes:
        return table
    return replace(table, origin=before.name, lost=before.indexes)


def _following(table: Table, old: QualifiedName, new: QualifiedName) -> Table:
    return replace(
        table,
        partition_of=new if table.partition_of == old else table.partition_of,
        inherits=tuple(new if parent == old else parent for parent in table.inherits),
        constraints=tuple(
            replace(c, references=new) if c.references == old else c for c in table.constraints
        ),
    )


def set_inheritance(draft: Draft, name: QualifiedName, action: SetInheritance) -> None:
    """Make a table inherit from another, or no longer; its columns and constraints stay."""
    parent = draft.table(action.parent)
    table = draft.tables[name]
    if parent is None or (action.inherit and not draft.may_join(name, parent.name)):
        return
    others = tuple(other for other in table.inherits if other != parent.name)
    draft.put(replace(table, inherits=(*others, parent.name) if action.inherit else others))
    if action.inherit:
        _inherit_checks(draft, table, parent)
        return
    own = {constraint.name for constraint in parent.constraints}
    draft.change(name, constraints=lambda c: replace(c, parent=None) if c.parent in own else c)
