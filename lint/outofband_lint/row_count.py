"""Whether a statement writes a handful of rows, whatever the table's size.

Few are what a query without FROM gives, what names rows by a unique key, and batches. Only what the
text is plain about counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.tokens import Tokens, Unreadable, is_name, is_word, tokenize
from outofband_lint.schema import Table
from outofband_lint.statement import Query, Write

# What a key is called in a table that the chain did not create.
_USUAL_KEYS = frozenset({"id", "uuid", "pk", "key", "version_num"})
# What may stand around a literal: its sign, its type, the parentheses of a list.
_AROUND_LITERALS = frozenset({"(", ")", ",", "-", "::", "uuid", "text", "int", "integer", "bigint"})
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
        return not write.from_query or _selects_few(tokens.texts)
    keys = list(_keys(table))
    named = _compared_with_literals(tokens) if len(query.writes) == 1 else frozenset()
    return any(key <= named for key in keys)


def is_batch(query: Query) -> bool:
    """Tell whether the text limits how many rows it touches: LIMIT, or BETWEEN two bounds."""
    try:
        words = set(tokenize(query.sql).texts)
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


def _selects_few(texts: list[str]) -> bool:
    """Tell whether the query behind INSERT reads no table: no FROM, or one of values.

    What stands in parentheses only decides whether the row is written: WHERE NOT EXISTS (…).
    """
    depth = 0
    behind_select = False
    for number, text in enumerate(texts):
        depth += (text == "(") - (text == ")")
        if depth or not is_word(text):
            continue
        if text in ("with", "table"):
            return False
        behind_select = behind_select or text == "select"
        if behind_select and text == "from":
            return any(source in _GENERATED for source in texts[number + 1 : number + 3])
    return behind_select


def _compared_with_literals(tokens: Tokens) -> frozenset[str]:
    """Return the columns that the WHERE compares with literals, joined by AND alone."""
    cursor = Cursor(tokens)
    while not cursor.at_end():
        if cursor.accept("where"):
            return _equalities(cursor)
        cursor.skip_one()
    return frozenset()


def _equalities(cursor: Cursor) -> frozenset[str]:
    found: set[str] = set()
    condition: list[str] = []
    while True:
        ends = cursor.at_end() or cursor.sees("returning")
        if ends or cursor.accept("and"):
            found |= _equality(condition)
            condition = []
            if ends:
                return frozenset(found)
        elif cursor.sees("or"):
            return frozenset()
        else:
            start = cursor.position
            cursor.skip_one()
            condition += cursor.texts[start : cursor.position]


def _equality(condition: list[str]) -> set[str]:
    """Return the column of `[table.]column = literal` or `column IN (literals)`, if it is one."""
    operator = next((i for i, text in enumerate(condition) if text in ("=", "in")), 0)
    column, values = condition[:operator], condition[operator + 1 :]
    if not all(is_name(text) for text in column[::2]) or any(t != "." for t in column[1::2]):
        return set()
    meaning = [text for text in values if text not in _AROUND_LITERALS]
    literal = bool(column and meaning) and all(
        text[0] == "'" or text[0].isdigit() for text in meaning
    )
    return {column[-1].removeprefix('"')} if literal else set()
