"""Which index finds the rows that conditions on one table ask for.

Source: PostgreSQL 18, chapters 11.2 (index types), 11.3 (multicolumn indexes), 11.8 (partial
indexes), 11.10 (operator classes).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from outofband_lint.reader.select import condition_of
from outofband_lint.reader.select_tokens import normal, query_tokens
from outofband_lint.reader.select_tree import All, Compare, Condition, Either, How, conjuncts
from outofband_lint.reader.tokens import Unreadable
from outofband_lint.schema import Index, Table
from outofband_lint.statement import IndexKey

_BY_BTREE: tuple[How, ...] = ("equal", "range", "prefix", "null", "not_null")
_BY_OTHERS: tuple[How, ...] = ("equal", "range", "prefix", "search")
_STRONG: tuple[How, ...] = ("equal", "range", "prefix", "search")
_NOT_NULL: tuple[How, ...] = ("equal", "range", "prefix", "search", "not_null")


@dataclass(frozen=True, slots=True)
class Term:
    """A condition on one column or expression (`key`) of a table.

    `weak` is one that many rows meet: IS NULL, or the value of a boolean.
    """

    key: str
    how: How
    values: tuple[str, ...] = ()
    text: str = ""
    weak: bool = False

    @property
    def strong(self) -> bool:
        """Whether an index can be expected to find few rows by it."""
        return self.how in _STRONG and not self.weak


@dataclass(frozen=True, slots=True)
class Both:
    """Terms and alternatives that must all hold."""

    terms: tuple[Term, ...] = ()
    alternatives: tuple[OneOf, ...] = ()


@dataclass(frozen=True, slots=True)
class OneOf:
    """Alternatives, of which one must hold."""

    parts: tuple[Both, ...]


def is_served(conditions: Both, indexes: Sequence[Index], around: tuple[Term, ...] = ()) -> bool:
    """Tell whether an index finds the rows; alternatives need one each (a BitmapOr).

    `around` are the terms that hold beside the conditions.
    """
    terms = (*around, *conditions.terms)
    if any(serves(index, terms) for index in indexes):
        return True
    return any(
        all(is_served(part, indexes, terms) for part in alternative.parts)
        for alternative in conditions.alternatives
        if alternative.parts
    )


def serves(index: Index, terms: tuple[Term, ...]) -> bool:
    """Tell whether an index is of use to find rows that meet all these terms."""
    if not index.valid and not index.out_of_band:
        return False
    predicate = () if index.where is None else _predicate(index.where)
    if predicate is None or not all(implied(part, terms) for part in predicate):
        return False
    wanted = [term for term in terms if term.strong]
    matched = list(_matched(index, terms))
    if any(term.strong for term in matched) or (matched and not wanted):
        return True
    chosen = {part.left.text for part in predicate if isinstance(part, Compare)}
    return bool(chosen) and all(term.key in chosen for term in wanted)


def _matched(index: Index, terms: tuple[Term, ...]) -> Iterator[Term]:
    """Yield the terms that the index looks up by."""
    keys = [key_text(key) for key in index.keys]
    if index.method == "hash":
        yield from (t for t in terms if t.key == keys[0] and t.how == "equal")
    elif index.method != "btree":
        yield from (t for t in terms if t.key in keys and t.how in _BY_OTHERS)
    else:
        yield from _leading(index.keys, terms)


def _leading(keys: Sequence[IndexKey], terms: tuple[Term, ...]) -> Iterator[Term]:
    """Yield the terms on the leading keys, up to the first that is no equality."""
    for key in keys:
        text = key_text(key)
        found = [t for t in terms if t.key == text and t.how in _BY_BTREE]
        found = [t for t in found if t.how != "prefix" or _knows_prefixes(key)]
        yield from found
        if not any(term.how in ("equal", "null") for term in found):
            return


def _knows_prefixes(key: IndexKey) -> bool:
    """Tell whether LIKE 'x%' can use a btree: by bytes, not by a language's order."""
    collation = (key.collation or "").split(".")[-1].strip('"').lower()
    return (key.opclass or "").endswith("pattern_ops") or collation in ("c", "posix", "ucs_basic")


@lru_cache(maxsize=4096)
def key_text(key: IndexKey) -> str:
    """Return what a key is on, in the spelling of a query's terms."""
    if key.column is not None:
        return key.column
    try:
        return normal(query_tokens(key.expression or ""))
    except Unreadable:
        return key.expression or ""


@lru_cache(maxsize=4096)
def _predicate(where: str) -> tuple[Condition, ...] | None:
    """Return what a predicate demands; None where it was not understood."""
    try:
        return tuple(conjuncts(condition_of(where)))
    except Unreadable:
        return None


def implied(condition: Condition, terms: Iterable[Term]) -> bool:
    """Tell whether rows that meet the terms meet the condition of a partial index.

    What a parameter decides implies nothing: a prepared query must be right for every value.
    """
    if isinstance(condition, All):
        return all(implied(part, terms) for part in condition.conditions)
    if isinstance(condition, Either):
        return any(implied(part, terms) for part in condition.conditions)
    return isinstance(condition, Compare) and any(_implies(term, condition) for term in terms)


def _implies(term: Term, wanted: Compare) -> bool:
    if term.text == wanted.text:
        return True
    if term.key != wanted.left.text:
        return False
    if wanted.how == "not_null":
        return term.how in _NOT_NULL
    if term.how != "equal" or not term.values:
        return False
    if wanted.how == "equal" and wanted.values:
        return set(term.values) <= set(wanted.values)
    differs = wanted.right is not None and wanted.right.literal and wanted.how == "other"
    other = wanted.right.text if wanted.right is not None else ""
    return differs and wanted.text.split(" ")[1:2] in (["<>"], ["!="]) and other not in term.values


def usable_indexes(table: Table) -> tuple[Index, ...]:
    """Return the indexes of a table that queries may use at head, declared ones included."""
    return tuple(index for index in table.indexes if index.valid or index.out_of_band)


def leads_reference(index: Index, columns: Sequence[str]) -> bool:
    """Tell whether an index finds the rows of a foreign key: its columns, in any order, come first.

    A partial index does where its predicate is no more than that the columns are not NULL: rows
    with a NULL refer to nothing.
    """
    wanted = set(columns)
    keys = [key.column for key in index.keys[: len(wanted)]]
    if index.method not in ("btree", "hash") or set(keys) != wanted:
        return False
    if index.where is None:
        return True
    asked = tuple(Term(column, "not_null") for column in columns)
    predicate = _predicate(index.where)
    return predicate is not None and all(implied(part, asked) for part in predicate)
