"""What statements do to indexes, partitions included.

Source: PostgreSQL 18, CREATE INDEX and chapter 5.12 (partitioned tables); DefineIndex.
"""

from __future__ import annotations

from dataclasses import replace

from outofband_lint.names import QualifiedName
from outofband_lint.schema.default_names import columns_addition, free_name, key_names
from outofband_lint.schema.draft import Draft
from outofband_lint.schema.values import Index, Table, TableConstraint
from outofband_lint.statement import ConstraintKind, CreateIndex

_LABELS: dict[ConstraintKind | None, str] = {
    None: "idx",
    "primary_key": "pkey",
    "unique": "key",
    "exclude": "excl",
}


def create_index(statement: CreateIndex, draft: Draft) -> None:
    """Create the index on the table and, unless ONLY is written, on all its partitions."""
    table = draft.table(statement.table)
    if table is None:
        return
    if statement.name is not None and draft.has_relation(table.name.schema, statement.name):
        return
    index = Index(
        name=statement.name or "",
        keys=statement.keys,
        include=statement.include,
        method=statement.method,
        unique=statement.unique,
        where=statement.where,
        nulls_not_distinct=statement.nulls_not_distinct,
    )
    add_index(draft, table.name, index, only=statement.only)


def add_index(
    draft: Draft,
    table_name: QualifiedName,
    index: Index,
    *,
    kind: ConstraintKind | None = None,
    only: bool = False,
) -> Index:
    """Add an index, named where it has no name, to a table and its partitions.

    `kind` is that of the constraint that owns it; the partitions' indexes then get one too.
    """
    table = draft.tables[table_name]
    partitions = draft.partitions(table_name) if table.kind == "partitioned" else []
    attributes = index.attributes or tuple(key_names(index.keys, index.include))
    index = replace(
        index,
        name=index.name or _name(draft, table, attributes, kind),
        valid=not partitions,
        attributes=attributes,
        out_of_band=draft.out_of_band,
        revision=draft.revision,
    )
    if kind is not None:
        index = replace(index, constraint=index.name)
    draft.put(replace(table, indexes=(*table.indexes, index)))
    if partitions and not only:
        covered = [cover(draft, partition.name, index, kind) for partition in partitions]
        draft.change_index(table_name, index.name, valid=all(covered))
    return draft.tables[table_name].index(index.name) or index


def cover(
    draft: Draft,
    partition: QualifiedName,
    parent: Index,
    kind: ConstraintKind | None,
    *,
    strictly: bool = False,
) -> bool:
    """Attach an equal index of the partition to the parent's, or create one; tell if it is valid.

    CREATE INDEX takes invalid indexes too, and those of any kind of constraint; ATTACH PARTITION
    does not (`strictly`).
    """
    table = draft.tables[partition]
    kinds = {constraint.name: constraint.kind for constraint in table.constraints}
    for index in table.indexes:
        if index.parent is not None or not index.covers(parent):
            continue
        own = kinds.get(index.constraint or "")
        if strictly:
            fits = index.valid and (kind is None or own == kind)
        else:
            fits = kind is None or own is not None
        if fits:
            draft.change_index(partition, index.name, parent=parent.name)
            if kind is not None and index.constraint is not None:
                draft.change_constraint(partition, index.constraint, parent=parent.constraint)
            return index.valid
    return clone_index(draft, partition, replace(parent, parent=parent.name), kind).valid


def clone_index(
    draft: Draft, table_name: QualifiedName, source: Index, kind: ConstraintKind | None
) -> Index:
    """Add an index like another table's, with a constraint where that one has one."""
    created = add_index(draft, table_name, replace(source, name="", constraint=None), kind=kind)
    if kind is not None:
        columns = tuple(key.column for key in source.keys if key.column is not None)
        parent = source.constraint if source.parent is not None else None
        constraint = TableConstraint(created.name, kind, columns, parent=parent)
        draft.append_constraint(table_name, constraint)
    return created


def complete(draft: Draft, table_name: QualifiedName, index: str) -> None:
    """Mark a partitioned index as valid once every partition has a valid one attached to it."""
    partitions = draft.partitions(table_name)
    if not all(any(i.parent == index and i.valid for i in p.indexes) for p in partitions):
        return
    draft.change_index(table_name, index, valid=True)
    table = draft.tables[table_name]
    this = table.index(index)
    above = table.partition_of
    if this is not None and this.parent is not None and above is not None and above in draft.tables:
        complete(draft, above, this.parent)


def rebuild_indexes(draft: Draft, table_name: QualifiedName, column: str) -> None:
    """Build anew what indexes a column whose type changes.

    An index keeps its name; those that its partitions got with it are named again.
    """
    table = draft.tables[table_name]
    for index in table.indexes:
        if column not in index.columns or index.parent is not None:
            continue
        if table.kind != "partitioned":
            attributes = tuple(key_names(index.keys, index.include))
            draft.change_index(table_name, index.name, attributes=attributes)
            continue
        owner = table.constraint(index.constraint or "")
        remove_index(draft, table_name, index.name)
        kind = None if owner is None else owner.kind
        add_index(draft, table_name, replace(index, attributes=()), kind=kind)
        if owner is not None:
            draft.append_constraint(table_name, owner)


def remove_index(draft: Draft, table_name: QualifiedName, name: str) -> None:
    """Remove an index, the constraint that it owns and what is attached to it."""
    index = draft.tables[table_name].index(name)
    if index is None:
        return
    draft.change(
        table_name,
        indexes=lambda i: None if i.name == name else i,
        constraints=lambda c: None if c.name == index.constraint else c,
    )
    for partition in draft.partitions(table_name):
        for attached in partition.indexes:
            if attached.parent == name:
                remove_index(draft, partition.name, attached.name)


def rename_index(draft: Draft, table_name: QualifiedName, old: str, new: str) -> None:
    """Rename an index, and the constraint where one owns it."""
    index = draft.tables[table_name].index(old)
    if index is None or draft.has_relation(table_name.schema, new):
        return
    owner = index.constraint
    draft.change(
        table_name,
        indexes=lambda i: _renamed(i, old, new),
        constraints=lambda c: replace(c, name=new) if c.name == owner else c,
    )
    for partition in draft.partitions(table_name):
        draft.change(
            partition.name,
            indexes=lambda i: replace(i, parent=new) if i.parent == old else i,
            constraints=lambda c: (
                replace(c, parent=new) if owner is not None and c.parent == owner else c
            ),
        )


def _renamed(index: Index, old: str, new: str) -> Index:
    if index.name != old:
        return index
    return replace(index, name=new, constraint=None if index.constraint is None else new)


def _name(
    draft: Draft, table: Table, attributes: tuple[str, ...], kind: ConstraintKind | None
) -> str:
    schema = table.name.schema
    addition = "" if kind == "primary_key" else columns_addition(attributes)

    def is_taken(name: str) -> bool:
        return draft.has_relation(schema, name) or (
            kind is not None and draft.has_constraint(schema, name)
        )

    return free_name(table.name.name, addition, _LABELS[kind], is_taken)
