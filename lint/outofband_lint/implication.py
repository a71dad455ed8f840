"""Whether a CHECK proves that every row of a table lies within the bound of a partition.

Postgres skips the scan of ATTACH PARTITION where the constraints of the table imply the bound.
Only what is plain enough to be sure of counts here: comparisons of one column with literals, joined
by AND. Source: PostgreSQL 18, ALTER TABLE … ATTACH PARTITION.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from outofband_lint.names import quote
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.tokens import Unreadable, tokenize
from outofband_lint.schema import Table

Literal = Decimal | str

# ISO dates and timestamps sort as their text does; of other texts only equality is known.
_DATE = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?\Z")
_INFINITE = {"minvalue", "maxvalue"}


def implies_bound(table: Table, key: str, bound: str) -> bool:
    """Tell whether the validated CHECKs of a table imply `bound`, the text behind FOR VALUES.

    `key` is what the partitioned table is divided by; only a single column can be compared. Where
    nobody knows it (empty), any column that the CHECKs bound so is taken for it.
    """
    facts = _facts(table)
    return any(
        _holds(bound, known, not_null=column.not_null or (column.name, "is not null", ()) in known)
        for column in table.columns
        if not key or quote(column.name) == key
        if (known := [fact for fact in facts if fact[0] == column.name])
    )


_Fact = tuple[str, str, tuple[Literal, ...]]


def _facts(table: Table) -> list[_Fact]:
    return [
        fact
        for constraint in table.constraints
        if constraint.kind == "check" and constraint.validated and constraint.expression
        for fact in _conjuncts(constraint.expression)
    ]


def _holds(bound: str, facts: list[_Fact], *, not_null: bool) -> bool:
    try:
        cursor = Cursor(tokenize(bound))
        if cursor.accept("in"):
            wanted = set(cursor.grouped(lambda: _literal(cursor)))
            return not_null and any(
                operator == "in" and set(values) <= wanted for _, operator, values in facts
            )
        if not cursor.accept("from"):
            return False
        lower = cursor.grouped(lambda: _limit(cursor))
        cursor.expect("to")
        upper = cursor.grouped(lambda: _limit(cursor))
    except Unreadable:
        return False
    if len(lower) != 1 or len(upper) != 1:
        return False
    start, end = lower[0], upper[0]
    above = start is None or any(_is_above(fact, start) for fact in facts)
    return not_null and above and (end is None or any(_is_below(fact, end) for fact in facts))


def _is_above(fact: _Fact, lower: Literal) -> bool:
    _, operator, values = fact
    return operator in (">=", ">", "in") and all(_at_most(lower, value) for value in values)


def _is_below(fact: _Fact, upper: Literal) -> bool:
    _, operator, values = fact
    if operator == "<":
        return all(_at_most(value, upper) for value in values)
    return operator in ("<=", "in") and all(
        _at_most(value, upper) and value != upper for value in values
    )


def _at_most(one: Literal, other: Literal) -> bool:
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return one <= other
    if isinstance(one, str) and isinstance(other, str):
        return one == other or bool(_DATE.match(one) and _DATE.match(other) and one <= other)
    return False


def _conjuncts(expression: str) -> Iterator[_Fact]:
    """Yield what an expression says of single columns; nothing where it says OR or NOT."""
    try:
        cursor = Cursor(tokenize(expression))
        yield from list(_conjunction(cursor))
    except Unreadable:
        return


def _conjunction(cursor: Cursor) -> Iterator[_Fact]:
    while True:
        if cursor.accept_symbol("("):
            yield from _conjunction(cursor)
            cursor.expect_symbol(")")
        else:
            yield from _comparison(cursor)
        if not cursor.accept("and"):
            break
    if not (cursor.at_end() or cursor.sees_symbol(")")):
        cursor.fail("AND")


def _comparison(cursor: Cursor) -> Iterator[_Fact]:
    column = cursor.identifier()
    if cursor.accept("is", "not", "null"):
        yield column, "is not null", ()
    elif cursor.accept("in"):
        yield column, "in", cursor.grouped(lambda: _literal(cursor))
    elif cursor.accept("between"):
        yield column, ">=", (_literal(cursor),)
        cursor.expect("and")
        yield column, "<=", (_literal(cursor),)
    else:
        operator = _operator(cursor)
        yield column, "in" if operator == "=" else operator, (_literal(cursor),)


def _operator(cursor: Cursor) -> str:
    """Read a comparison, which may come as one symbol or as two."""
    operator = cursor.next()
    if operator in ("<", ">") and cursor.accept_symbol("="):
        operator += "="
    if operator not in ("<", "<=", ">", ">=", "="):
        cursor.fail("a comparison")
    return operator


def _limit(cursor: Cursor) -> Literal | None:
    """Read an end of a range; None where it is open."""
    return None if cursor.accept_any(*_INFINITE) else _literal(cursor)


def _literal(cursor: Cursor) -> Literal:
    """Read a number or a string, with a type before it or a cast behind it."""
    if cursor.accept_symbol("("):
        value = _literal(cursor)
        cursor.expect_symbol(")")
    else:
        cursor.accept_any("date", "timestamp", "timestamptz")
        negative = cursor.accept_symbol("-")
        value = _value(cursor, negative=negative)
    if cursor.accept_symbol("::"):
        while not (cursor.at_end() or cursor.sees_any("and") or _ends(cursor)):
            cursor.skip_one()
    return value


def _ends(cursor: Cursor) -> bool:
    return cursor.sees_symbol(")") or cursor.sees_symbol(",")


def _value(cursor: Cursor, *, negative: bool) -> Literal:
    if cursor.sees_string() and not negative:
        return cursor.string()
    if not cursor.text_ahead[:1].isdigit():
        cursor.fail("a literal")
    try:
        number = Decimal(cursor.next())
    except InvalidOperation:
        raise Unreadable("a number in another notation") from None
    return -number if negative else number
