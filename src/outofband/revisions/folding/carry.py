"""How a step follows its table, columns and index when a later revision renames them. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName, quote
from outofband.model.step import (
    AddCheck,
    AddConstraint,
    AddEnumValue,
    AddForeignKey,
    Backfill,
    CreateIndex,
    DetachPartition,
    DropColumn,
    DropIndex,
    DropTable,
    RefreshView,
    Reindex,
    SetNotNull,
    Step,
)
from outofband_lint.names import fold_case

# Literals are skipped whole, so that a word inside one is not taken for a column.
_WORDS = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[^\W\d][\w$]*")


def same(one: QualifiedName, other: QualifiedName) -> bool:
    """Tell whether two names are of one relation; a schema left out is taken for ``public``."""
    return (one.name, one.schema or "public") == (other.name, other.schema or "public")


def spellings(name: QualifiedName) -> tuple[QualifiedName, ...]:
    """Return every name that is :func:`same` as this one."""
    if (name.schema or "public") != "public":
        return (name,)
    return (QualifiedName(name.name), QualifiedName(name.name, "public"))


def to_table(step: Step, old: QualifiedName, new: QualifiedName) -> Step:
    """Return the step after table ``old`` became ``new``: its own, or one that it refers to."""
    if isinstance(step, AddForeignKey) and same(step.referent, old):
        step = replace(step, referent=new)
    if not same(step.table, old):
        return step
    if isinstance(step, CreateIndex):
        replaces = step.replaces and replace(step.replaces, table=new)
        return replace(step, index=replace(step.index, table=new), replaces=replaces)
    return replace(step, table=new)


def with_partition_moved(step: Step, old: QualifiedName, new: QualifiedName) -> Step:
    """Return a step after a table got another name, which may be that of the partition that it
    detaches.
    """
    if isinstance(step, DetachPartition) and same(step.partition, old):
        return replace(step, partition=new)
    return step


def with_label_renamed(step: Step, enum: QualifiedName, old: str, new: str) -> Step:
    """Return a step after a label of an enum got another name, its own or that of a neighbour."""
    if not isinstance(step, AddEnumValue) or not same(step.table, enum):
        return step
    names = (step.value, step.before_value, step.after_value)
    value, before, after = (new if name == old else name for name in names)
    return replace(step, value=str(value), before_value=before, after_value=after)


def with_rebuilt_renamed(step: Step, index: QualifiedName, new: str) -> Step:
    """Return a step after an index got another name, which may be that which it builds anew."""
    if isinstance(step, Reindex) and same(step.relation, index):
        return replace(step, index=new)
    return step


def with_index_renamed(step: Step, old: str, new: str) -> Step:
    """Return a step of the index's table after the index got another name."""
    if step.name == old and isinstance(step, CreateIndex | DropIndex | AddConstraint):
        step = _renamed(step, new)
    if isinstance(step, AddConstraint):
        return replace(step, using_index=new) if step.using_index == old else step
    step = with_rebuilt_renamed(step, step.table.renamed(old), new)
    return _after_renamed(step, old, new)


def with_constraint_renamed(step: Step, old: str, new: str) -> Step:
    """Return a step of the constraint's table after the constraint, and perhaps with it its index,
    got another name.
    """
    if step.name == old and isinstance(step, AddForeignKey | AddCheck | SetNotNull):
        return replace(step, name=new)
    return with_index_renamed(step, old, new)


def _renamed(step: CreateIndex | DropIndex | AddConstraint, new: str) -> Step:
    if isinstance(step, CreateIndex):
        replaces = step.replaces and replace(step.replaces, name=new)
        return replace(step, index=replace(step.index, name=new), replaces=replaces)
    return replace(step, name=new)


def _after_renamed(step: Step, old: str, new: str) -> Step:
    if isinstance(step, AddConstraint | AddEnumValue) or not step.after or old not in step.after:
        return step
    return replace(step, after=tuple(new if name == old else name for name in step.after))


def with_column_renamed(step: Step, table: QualifiedName, old: str, new: str) -> Step:
    """Return a step after a column of a table that it is about got another name."""
    if isinstance(step, AddForeignKey) and same(step.referent, table):
        step = replace(step, referred=_columns_with(step.referred, old, new))
    if not same(step.table, table):
        return step
    match step:
        case CreateIndex(index):
            return replace(step, index=_index_with(index, old, new))
        case AddConstraint(columns=columns) | AddForeignKey(columns=columns):
            return replace(step, columns=_columns_with(columns, old, new))
        case AddCheck(condition=condition):
            return replace(step, condition=_text_with(condition, old, new))
        case SetNotNull(column=column) | DropColumn(column=column):
            return replace(step, column=new) if column == old else step
        case (
            DropIndex()
            | Backfill()
            | DetachPartition()
            | DropTable()
            | Reindex()
            | RefreshView()
            | AddEnumValue()
        ):
            return step


def _columns_with(columns: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if column == old else column for column in columns)


def uses_column(step: Step, table: QualifiedName, column: str) -> bool:
    """Tell whether dropping the column of a table drops the step's object too."""
    if isinstance(step, AddForeignKey) and same(step.referent, table) and column in step.referred:
        return True
    if not same(step.table, table):
        return False
    match step:
        case CreateIndex(index):
            texts = [key.text for key in index.keys if key.column is None]
            texts += [index.where or ""]
            return column in index.columns or any(_mentions(text, column) for text in texts)
        case AddConstraint(columns=columns) | AddForeignKey(columns=columns):
            return column in columns
        case AddCheck(condition=condition):
            return _mentions(condition, column)
        case SetNotNull(column=own) | DropColumn(column=own):
            return own == column
        case (
            DropIndex()
            | Backfill()
            | DetachPartition()
            | DropTable()
            | Reindex()
            | RefreshView()
            | AddEnumValue()
        ):
            return False


def _index_with(index: Index, old: str, new: str) -> Index:
    return replace(
        index,
        keys=tuple(_key_with(key, old, new) for key in index.keys),
        include=_columns_with(index.include, old, new),
        where=None if index.where is None else _text_with(index.where, old, new),
    )


def _key_with(key: Key, old: str, new: str) -> Key:
    if key.column is None:
        return replace(key, text=_text_with(key.text, old, new))
    return replace(key, column=new, text=quote(new)) if key.column == old else key


def _mentions(text: str, column: str) -> bool:
    return any(_is(word[0], column) for word in _WORDS.finditer(text))


def _text_with(text: str, old: str, new: str) -> str:
    return _WORDS.sub(lambda word: quote(new) if _is(word[0], old) else word[0], text)


def _is(word: str, column: str) -> bool:
    """Tell whether a word of SQL spells the column."""
    if word.startswith('"'):
        return word[1:-1].replace('""', '"') == column
    return fold_case(word) == column
