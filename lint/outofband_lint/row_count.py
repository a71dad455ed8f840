"""Whether a statement writes a handful of rows, whatever the table's size.

Few are what a query without FROM gives, what names rows by a unique key, and batches. Only what the
text is plain about counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.tokens import Kind, Token, Unreadable, tokenize
from outofband_lint.schema import Table
from outofband_lint.statement import Query, Write

# What a key is called in a table that the chain did not create.
_USUAL_KEYS = frozenset({"id", "uuid", "pk", "key", "version_num"})
_END_OF_WHERE = ("returning",)
_GENERATED = (
    "values",
    "unnest",
    "json_to_recordset",
    "jsonb_to_recordset",
    "regexp_split_to_table",
)


def writes_few(query: Query, write: Write, table: Table | None) -> bool:
    """Tell whether a write of a query reaches a handful of rows at most."""
    try:
        tokens = tokenize(query.sql)
    except Unreadable:
        return False
    if write.verb == "insert":
        return not write.from_query or _selects_few(tokens)
    keys = list(_keys(table))
    named = _compared_with_literals(query.sql, tokens) if len(query.writes) == 1 else frozenset()
    return any(key <= named for key in keys)


def is_batch(query: Query) -> bool:
    """Tell whether the text limits how many rows it touches: LIMIT, or BETWEEN two bounds."""
    try:
        words = {token.text for token in tokenize(query.sql) if token.kind is Kind.WORD}
    except Unreadable:
        return False
    return not words.isdisjoint({"limit", "between"}) or {"fetch", "first"} <= words


def _keys(table: Table | None) -> Iterator[frozenset[str]]:
    """Yield the sets of columns whose values name one row."""
    if table is None or not table.columns_known:
        yield from (frozenset({name}) for name in _USUAL_KEYS)
        return
    for index in table.indexes:
        columns = frozenset(key.column for key in index.keys if key.column is not None)
        if index.unique and index.where is None and len(columns) == len(index.keys):
            yield columns


def _selects_few(tokens: tuple[Token, ...]) -> bool:
    """Tell whether the query behind INSERT reads no table: no FROM, or one of values.

    What stands in parentheses only decides whether the row is written: WHERE NOT EXISTS (…).
    """
    depth = 0
    behind_select = False
    for number, token in enumerate(tokens):
        depth += _is(token, "(") - _is(token, ")")
        if depth or token.kind is not Kind.WORD:
            continue
        if token.text in ("with", "table"):
            return False
        behind_select = behind_select or token.text == "select"
        if behind_select and token.text == "from":
            return any(t.text in _GENERATED for t in tokens[number + 1 : number + 3])
    return behind_select


def _compared_with_literals(sql: str, tokens: tuple[Token, ...]) -> frozenset[str]:
    """Return the columns that the WHERE compares with literals, joined by AND alone."""
    cursor = Cursor(sql, tokens)
    depth = 0
    while not cursor.at_end():
        depth += cursor.sees_symbol("(") - cursor.sees_symbol(")")
        if depth == 0 and cursor.accept("where"):
            return _equalities(cursor)
        cursor.next()
    return frozenset()


def _equalities(cursor: Cursor) -> frozenset[str]:
    found: set[str] = set()
    condition: list[Token] = []
    while True:
        ends = cursor.at_end() or cursor.sees_any(*_END_OF_WHERE)
        if ends or cursor.sees("and"):
            found |= _equality(condition)
            condition = []
            if ends:
                return frozenset(found)
            cursor.next()
        elif cursor.sees("or"):
            return frozenset()
        else:
            start = cursor.position
            cursor.skip_one()
            condition += cursor.tokens[start : cursor.position]


def _equality(condition: list[Token]) -> set[str]:
    """Return the column of `[table.]column = literal` or `column IN (literals)`, if it is one."""
    names = []
    rest = condition
    while rest and rest[0].kind in (Kind.WORD, Kind.QUOTED) and not _is_word(rest[0], "in"):
        names.append(rest[0].text)
        rest = rest[2:] if len(rest) > 1 and _is(rest[1], ".") else rest[1:]
        if rest and (_is(rest[0], "=") or _is_word(rest[0], "in")):
            break
    if not names or not rest or not (_is(rest[0], "=") or _is_word(rest[0], "in")):
        return set()
    values = [t for t in rest[1:] if t.text not in ("(", ")", ",", "-", "::")]
    plain = all(t.kind in (Kind.STRING, Kind.NUMBER) or _is_type(t) for t in values)
    literal = any(t.kind in (Kind.STRING, Kind.NUMBER) for t in values)
    return {names[-1]} if literal and plain else set()


def _is_type(token: Token) -> bool:
    return token.kind is Kind.WORD and token.text in ("uuid", "text", "int", "integer", "bigint")


def _is(token: Token, symbol: str) -> bool:
    return token.kind is Kind.SYMBOL and token.text == symbol


def _is_word(token: Token, word: str) -> bool:
    return token.kind is Kind.WORD and token.text == word
