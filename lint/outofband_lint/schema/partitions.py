"""What becoming or ceasing to be a partition does.

Source: PostgreSQL 18, ALTER TABLE … ATTACH PARTITION; CREATE TABLE … PARTITION OF.
"""

from __future__ import annotations

from dataclasses import replace

from outofband_lint.names import QualifiedName
from outofband_lint.schema.constraints import inherit_check
from outofband_lint.schema.draft import Draft
from outofband_lint.schema.foreign_keys import inherit_foreign_key
from outofband_lint.schema.indexes import complete, cover
from outofband_lint.statement import AttachIndex


def attach_partition(
    draft: Draft, parent: QualifiedName, partition: QualifiedName, *, is_default: bool = False
) -> None:
    """Make a table a partition: the parent's indexes and constraints come to cover it."""
    child = draft.table(partition)
    if child is None or child.partition_of is not None or not draft.may_join(child.name, parent):
        return
    draft.put(replace(child, partition_of=parent, is_default=is_default))
    draft.change(child.name, columns=lambda c: replace(c, local=False))
    inherit_all(draft, child.name, parent)


def inherit_all(draft: Draft, partition: QualifiedName, parent: QualifiedName) -> None:
    """Cover a partition with the parent's CHECKs, indexes and foreign keys."""
    table = draft.tables[parent]
    for constraint in table.constraints:
        if constraint.kind == "check" and not constraint.no_inherit:
            inherit_check(draft, partition, replace(constraint, validated=True))
    kinds = {constraint.name: constraint.kind for constraint in table.constraints}
    for index in table.indexes:
        kind = kinds.get(index.constraint or "")
        if not cover(draft, partition, index, kind, strictly=True):
            draft.change_index(parent, index.name, valid=False)
    for constraint in table.constraints:
        if constraint.kind == "foreign_key":
            inherit_foreign_key(draft, partition, constraint)


def detach_partition(draft: Draft, partition: QualifiedName) -> None:
    """Make a partition a table of its own; what it inherited stays with it."""
    child = draft.table(partition)
    if child is None:
        return
    draft.put(replace(child, partition_of=None, is_default=False))
    draft.change(
        child.name,
        columns=lambda c: replace(c, local=True),
        indexes=lambda i: replace(i, parent=None),
        constraints=lambda c: replace(c, parent=None),
    )


def attach_index(statement: AttachIndex, draft: Draft) -> None:
    """Attach a partition's index to the parent's, which may thereby become valid."""
    parent = draft.index(statement.index)
    child = draft.index(statement.child)
    if parent is None or child is None or child[0].partition_of != parent[0].name:
        return
    draft.change_index(child[0].name, child[1].name, parent=parent[1].name)
    complete(draft, parent[0].name, parent[1].name)
