"""Are CHECKs and defaults those that the applied revisions declare? By the planner's own spelling.

Two texts mean the same where PostgreSQL prints both alike, constants folded. Of what it does not
plan nothing is said, nor of what is beyond the most that is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from outofband.catalog.canonical import canonical
from outofband.catalog.reader import Reader
from outofband.doctor.drift.there import Kept, Pair, There
from outofband.model.names import QualifiedName
from outofband_lint.schema import Column, Table, TableConstraint

_MOST = 1000
"""Pairs that are asked for: two EXPLAINs each, 0.5 ms together."""


def pairs(tables: Iterable[Table], there: There) -> Iterator[Pair]:
    """Yield the CHECKs that are on both sides under one name, and the defaults of columns."""
    for table in tables:
        if table.name in there.tables:
            yield from _checks(table, there.constraints.get(table.name, ()))
            yield from _defaults(table, there.columns.get(table.name, {}))


def _checks(table: Table, stored: Sequence[TableConstraint]) -> Iterator[Pair]:
    texts = {each.name: each.expression for each in stored if each.kind == "check"}
    for constraint in table.constraints:
        text = texts.get(constraint.name)
        if constraint.kind == "check" and constraint.expression and text:
            yield Pair(table.name, constraint.expression, text)


def _defaults(table: Table, kept: Mapping[str, Kept]) -> Iterator[Pair]:
    for column in table.columns:
        found = kept.get(column.name)
        if found is not None and found.default and has_default(table, column):
            yield default(table.name, column, found)


def has_default(table: Table, column: Column) -> bool:
    """Tell whether a default is declared; one of NULL is none, that of a sequence is its own kind,
    and whether LIKE has copied any is not known.
    """
    if table.like or not table.columns_known:
        return False
    text = (column.default or "").strip().upper()
    return bool(text) and not text.startswith("NULL") and not column.identity


def default(table: QualifiedName, column: Column, found: Kept) -> Pair:
    """Return a default as both sides have it, of the type that the column has."""
    texts = (f"CAST(({text}) AS {found.type})" for text in (column.default, found.default))
    return Pair(table, *texts)


def unlike(reader: Reader, asked: Iterable[Pair]) -> Set[Pair]:
    """Return the pairs of which PostgreSQL prints one otherwise than the other."""
    some = [pair for _, pair in zip(range(_MOST), asked, strict=False)]
    return {pair for pair in some if _differ(reader, pair)}


def _differ(reader: Reader, pair: Pair) -> bool:
    if _bare(pair.declared) == _bare(pair.stored):
        return False
    ours = canonical(reader, pair.table, pair.declared)
    theirs = canonical(reader, pair.table, pair.stored)
    return None not in (ours, theirs) and ours != theirs


def _bare(text: str) -> str:
    """Return a text without what is only spelling, where nothing in it is a constant."""
    return text if "'" in text or '"' in text else text.lower().translate(_NOTHING)


_NOTHING = {ord(sign): None for sign in " \n\t"}
