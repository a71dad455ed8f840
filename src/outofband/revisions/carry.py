"""How a step follows its table, columns and index when a later revision renames them. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName, quote
from outofband.model.step import (
    AddConstraint,
    Backfill,
    CreateIndex,
    DetachPartition,
    DropColumn,
    DropIndex,
    DropTable,
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


def to_table(step: Step, table: QualifiedName) -> Step:
    """Return the step as declared on ``table``."""
    if isinstance(step, CreateIndex):
        replaces = step.replaces and replace(step.replaces, table=table)
        return replace(step, index=replace(step.index, table=table), replaces=replaces)
    return replace(step, table=table)


def with_partition_moved(step: Step, old: QualifiedName, new: QualifiedName) -> Step:
    """Return a step after a table got another name, which may be that of the partition that it
    detaches.
    """
    if isinstance(step, DetachPartition) and same(step.partition, old):
        return replace(step, partition=new)
    return step


def with_index_renamed(step: Step, old: str, new: str) -> Step:
    """Return a step of the index's table after the index got another name."""
    if step.name == old and isinstance(step, CreateIndex | DropIndex | AddConstraint):
        if isinstance(step, CreateIndex):
            replaces = step.replaces and replace(step.replaces, name=new)
            step = replace(step, index=replace(step.index, name=new), replaces=replaces)
        else:
            step = replace(step, name=new)
    if isinstance(step, AddConstraint):
        return replace(step, using_index=new) if step.using_index == old else step
    if step.after and old in step.after:
        return replace(step, after=tuple(new if name == old else name for name in step.after))
    return step


def with_column_renamed(step: Step, old: str, new: str) -> Step:
    """Return a step of the column's table after the column got another name."""
    match step:
        case CreateIndex(index):
            return replace(step, index=_index_with(index, old, new))
        case AddConstraint(columns=columns):
            return replace(step, columns=tuple(new if c == old else c for c in columns))
        case DropColumn(column=column):
            return replace(step, column=new) if column == old else step
        case DropIndex() | Backfill() | DetachPartition() | DropTable():
            return step


def uses_column(step: Step, column: str) -> bool:
    """Tell whether dropping the column drops the step's object too."""
    match step:
        case CreateIndex(index):
            texts = [key.text for key in index.keys if key.column is None]
            texts += [index.where or ""]
            return column in index.columns or any(_mentions(text, column) for text in texts)
        case AddConstraint(columns=columns):
            return column in columns
        case DropColumn(column=dropped):
            return column == dropped
        case DropIndex() | Backfill() | DetachPartition() | DropTable():
            return False


def _index_with(index: Index, old: str, new: str) -> Index:
    return replace(
        index,
        keys=tuple(_key_with(key, old, new) for key in index.keys),
        include=tuple(new if column == old else column for column in index.include),
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
