"""Boolean expressions of a query: what it compares with what, and how.

Source: PostgreSQL 18, chapters 9.2 (comparison), 9.7 (pattern matching), 9.24 (rows and
subqueries), 11.2 (which operators an index serves).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from outofband_lint.names import is_keyword
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.select_tokens import (
    PARAMETER,
    Kind,
    Token,
    cursor_tokens,
    normal,
)
from outofband_lint.reader.select_tree import (
    All,
    ColumnName,
    Compare,
    Condition,
    Either,
    Exists,
    How,
    Operand,
    Scope,
)

_SYMBOLS: dict[str, How] = {
    "=": "equal",
    "<": "range",
    ">": "range",
    "<=": "range",
    ">=": "range",
    "<>": "other",
    "!=": "other",
    "~~": "prefix",
}
# `IN` and `= ANY` are equalities: an index is looked up once for each value.
_SEARCHING = {
    "@>", "<@", "&&", "@@", "~", "~*", "~~*", "?", "?|", "?&", "<<", ">>", "&<", "&>",
    "-|-", "@?", "^@", "@", "<<=", ">>=", "!~", "!~*", "!~~",
}  # fmt: skip
_WORDS = {"is", "in", "between", "like", "ilike", "similar", "overlaps"}
# Keywords that may be a column's name all the same (PostgreSQL 18, appendix C).
_COLUMNS_TOO = {
    "bit", "char", "float", "interval", "json", "none", "out", "position", "precision", "real",
    "row", "time", "timestamp", "values",
}  # fmt: skip
_NEGATABLE = {"in", "between", "like", "ilike", "similar"}
_ENDS = {
    "and", "or", "group", "order", "having", "limit", "offset", "fetch", "for", "window", "union",
    "intersect", "except", "returning", "on", "join", "inner", "left", "right", "full", "cross",
    "natural", "when", "then", "from", "where", "as", "using", "asc", "desc", "nulls", "set",
}  # fmt: skip


class QueryCursor(Cursor):
    """A cursor that keeps the queries it meets inside of expressions."""

    def __init__(
        self,
        sql: str,
        tokens: tuple[Token, ...],
        query: Callable[[QueryCursor], tuple[Scope, ...]],
    ) -> None:
        super().__init__(cursor_tokens(sql, tokens))
        self.items = tokens
        self.query = query
        self.inner: list[Scope] = []

    @property
    def token(self) -> Token | None:
        """The next token, None at the end."""
        return self.items[self.position] if self.position < len(self.items) else None

    def sees_query(self, ahead: int = 0) -> bool:
        """Tell whether `(SELECT …)` comes next, however many parentheses around it."""
        while self.sees_symbol("(", ahead=ahead):
            ahead += 1
            if any(self.sees(w, ahead=ahead) for w in ("select", "with", "values", "table")):
                return True
        return False

    def subquery(self) -> tuple[Scope, ...]:
        """Read `(SELECT …)` without keeping it."""
        self.expect_symbol("(")
        scopes = self.query(self)
        self.expect_symbol(")")
        return scopes


def condition(cursor: QueryCursor) -> Condition:
    """Read a boolean expression up to where its clause ends."""
    parts = [_conjunction(cursor)]
    while cursor.accept("or"):
        parts.append(_conjunction(cursor))
    return parts[0] if len(parts) == 1 else Either(tuple(parts))


def _conjunction(cursor: QueryCursor) -> Condition:
    parts = [_negation(cursor)]
    while cursor.accept("and"):
        parts.append(_negation(cursor))
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _negation(cursor: QueryCursor) -> Condition:
    start = cursor.position
    if not cursor.accept("not"):
        return _predicate(cursor)
    inner = _negation(cursor)
    cursor.inner += _tested(inner)
    text = normal(cursor.items[start : cursor.position])
    if isinstance(inner, Compare) and inner.how == "equal" and inner.values == ("true",):
        return replace(inner, values=("false",))
    if isinstance(inner, Compare) and inner.how in ("null", "not_null"):
        return replace(inner, how="not_null" if inner.how == "null" else "null")
    columns = _columns(cursor.items[start : cursor.position])
    return Compare("other", Operand(text, columns=columns), text=text)


def _tested(found: Condition) -> list[Scope]:
    """Return the queries whose rows a condition asks for with EXISTS."""
    match found:
        case Exists(scopes):
            return [*scopes]
        case All(parts) | Either(parts):
            return [scope for part in parts for scope in _tested(part)]
    return []


def _predicate(cursor: QueryCursor) -> Condition:
    start = cursor.position
    if cursor.accept("exists"):
        return Exists(cursor.subquery())
    if _is_parenthesised_condition(cursor):
        cursor.expect_symbol("(")
        inner = condition(cursor)
        cursor.expect_symbol(")")
        return inner
    left = _side(cursor)
    found = _comparison(cursor, left)
    text = normal(cursor.items[start : cursor.position])
    return _with_text(found, text)


def _with_text(found: Condition, text: str) -> Condition:
    return replace(found, text=text) if isinstance(found, Compare) else found


def _is_parenthesised_condition(cursor: QueryCursor) -> bool:
    """Tell whether parentheses hold a whole condition, and not a value, a row or a query."""
    if not cursor.sees_symbol("(") or cursor.sees_query():
        return False
    ahead = cursor.position
    cursor.skip_group()
    ends = _is_end(cursor)
    cursor.position = ahead
    return ends


def _is_end(cursor: Cursor) -> bool:
    if cursor.at_end() or cursor.sees_symbol(")") or cursor.sees_symbol(","):
        return True
    if cursor.sees_any("left", "right") and cursor.sees_symbol("(", ahead=1):
        return False  # the functions of these names
    return cursor.sees_any(*_ENDS)


def _comparison(cursor: QueryCursor, left: tuple[Operand, ...]) -> Condition:
    """Read what follows the left side of a predicate."""
    if cursor.accept("is"):
        return _is(cursor, left)
    negated = cursor.accept("not") if cursor.sees("not") else False
    if cursor.accept("in"):
        return _in(cursor, left, negated=negated)
    if cursor.accept("between"):
        cursor.accept("symmetric")
        low = operand(cursor)
        cursor.expect("and")
        high = operand(cursor)
        against = low.columns | high.columns
        return Compare("other" if negated else "range", left[0], against=against)
    if cursor.accept("like"):
        return _like(cursor, left, "other" if negated else "prefix")
    if cursor.accept_any("ilike") or cursor.accept("similar", "to"):
        return _like(cursor, left, "other" if negated else "search")
    if cursor.accept("isnull"):
        return Compare("null", left[0])
    if cursor.accept("notnull"):
        return Compare("not_null", left[0])
    if cursor.accept("overlaps"):
        operand(cursor)
        return Compare("other", _joined(left))
    if _is_end(cursor):
        return Compare("equal", left[0], values=("true",))
    return _compared(cursor, left)


def _is(cursor: QueryCursor, left: tuple[Operand, ...]) -> Condition:
    negated = cursor.accept("not")
    if cursor.accept("null"):
        return Compare("not_null" if negated else "null", _joined(left))
    if cursor.sees_any("true", "false") and not negated:
        return Compare("equal", left[0], values=(cursor.next(),))
    if cursor.accept("distinct", "from"):
        right = operand(cursor)
        return Compare("other", left[0], right, against=right.columns)
    cursor.next()
    return Compare("other", left[0])


def _in(cursor: QueryCursor, left: tuple[Operand, ...], *, negated: bool) -> Condition:
    values: tuple[str, ...] = ()
    against: frozenset[ColumnName] = frozenset()
    if cursor.sees_query():
        cursor.inner += cursor.subquery()
    elif cursor.sees_symbol("("):
        start = cursor.position
        items = cursor.grouped(lambda: _side(cursor))
        against = _columns(cursor.items[start : cursor.position])
        if all(len(item) == 1 and item[0].literal for item in items):
            values = tuple(item[0].text for item in items)
    else:
        operand(cursor)
    if negated:
        return Compare("other", _joined(left), values=values, against=against)
    parts = tuple(Compare("equal", part, values=values, against=against) for part in left)
    return parts[0] if len(parts) == 1 else All(parts)


def _like(cursor: QueryCursor, left: tuple[Operand, ...], how: How) -> Condition:
    right = operand(cursor)
    if cursor.accept("escape"):
        operand(cursor)
    if how == "prefix" and right.literal and right.text[1:2] in ("%", "_"):
        how = "search"
    return Compare(how, left[0], right, against=right.columns)


def _compared(cursor: QueryCursor, left: tuple[Operand, ...]) -> Condition:
    how = _operator(cursor)
    if cursor.sees_any("any", "some", "all") and cursor.sees_symbol("(", ahead=1):
        quantifier = cursor.next()
        start = cursor.position
        _group(cursor)
        if quantifier == "all":
            how = "other"
        against = _columns(cursor.items[start : cursor.position])
        return Compare(how, left[0], against=against)
    right = _side(cursor)
    if len(left) == 1 and len(right) == 1:
        value = (right[0].text,) if how == "equal" and right[0].literal else ()
        return Compare(how, left[0], right[0], values=value, against=right[0].columns)
    if how == "equal" and len(left) == len(right):
        pairs = zip(left, right, strict=True)
        return All(tuple(Compare("equal", a, b, against=b.columns) for a, b in pairs))
    return Compare(how, left[0], right[0], against=_joined(right).columns)


def _operator(cursor: QueryCursor) -> How:
    """Read an operator, OPERATOR(schema.=) included."""
    if cursor.accept("operator"):
        cursor.expect_symbol("(")
        while not cursor.sees_symbol(")"):
            symbol = cursor.next()
        cursor.expect_symbol(")")
        return _SYMBOLS.get(symbol, "search")
    token = cursor.token
    if token is None or token.kind is not Kind.SYMBOL or token.text in "()[],;":
        cursor.fail("a comparison")
    symbol = cursor.next()
    return _SYMBOLS.get(symbol) or ("other" if symbol.startswith("!") else "search")


def _side(cursor: QueryCursor) -> tuple[Operand, ...]:
    """Read one side of a comparison: an operand, or the operands of a row."""
    row = cursor.sees("row") and cursor.sees_symbol("(", ahead=1)
    if row or (cursor.sees_symbol("(") and not cursor.sees_query() and _is_row(cursor)):
        cursor.accept("row")
        return cursor.grouped(lambda: operand(cursor))
    return (operand(cursor),)


def _is_row(cursor: QueryCursor) -> bool:
    """Tell whether the parentheses that come next hold a list, and nothing goes on behind them."""
    start = cursor.position
    cursor.skip_group()
    inside = cursor.items[start + 1 : cursor.position - 1]
    after = cursor.token
    cursor.position = start
    goes_on = after is not None and after.text in ("::", "[", "->", "->>", "+", "-", "||", ".")
    depth = 0
    for token in inside:
        if token.kind is Kind.SYMBOL:
            depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
            if token.text == "," and depth == 0:
                return not goes_on
    return False


def operand(cursor: QueryCursor) -> Operand:
    """Read a value up to a comparison, AND, OR or the end of its clause."""
    start = cursor.position
    cases = 0
    while not cursor.at_end():
        if not cases and cursor.position > start and _stops(cursor):
            break
        if cursor.sees_symbol(")") or cursor.sees_symbol(","):
            break
        cases += cursor.sees("case") - (cursor.sees("end") and cases > 0)
        _one(cursor)
    if cursor.position == start:
        cursor.fail("a value")
    return made(cursor.items[start : cursor.position])


def _stops(cursor: QueryCursor) -> bool:
    token = cursor.token
    if token is None or _is_end(cursor):
        return True
    if token.kind is Kind.WORD:
        if token.text == "from":
            return True
        negated = token.text == "not" and any(cursor.sees("not", word) for word in _NEGATABLE)
        return negated or token.text in _WORDS or token.text in ("isnull", "notnull", "operator")
    if token.kind is not Kind.SYMBOL:
        return False
    return token.text in _SYMBOLS or token.text in _SEARCHING


def _one(cursor: QueryCursor) -> None:
    if cursor.sees_symbol("("):
        _group(cursor)
    elif cursor.sees_symbol("["):
        cursor.skip_group()
    else:
        cursor.next()


def _group(cursor: QueryCursor) -> None:
    """Step over parentheses, and read every query inside."""
    if cursor.sees_query() and not cursor.sees_symbol("(", ahead=1):
        cursor.inner += cursor.subquery()
        return
    cursor.expect_symbol("(")
    while not cursor.sees_symbol(")"):
        if cursor.sees_symbol("("):
            _group(cursor)
        else:
            cursor.next()
    cursor.expect_symbol(")")


def expressions(cursor: QueryCursor, stops: Callable[[], bool]) -> None:
    """Step over expressions up to where `stops` says, and read every query inside."""
    while not cursor.at_end() and not stops():
        if cursor.sees_symbol(")"):
            return
        _one(cursor)


def made(tokens: tuple[Token, ...]) -> Operand:
    """Return a value's tokens as an operand."""
    column = _column(tokens)
    literal = _is_literal(tokens)
    text = normal(tokens[: 1 + (tokens[0].text == "-")] if literal else tokens)
    columns = frozenset((column,)) if column else frozenset() if literal else _columns(tokens)
    return Operand(text, column, columns, literal)


def _column(tokens: tuple[Token, ...]) -> ColumnName | None:
    """Return the column that an operand is, without parentheses around it."""
    while len(tokens) > 2 and tokens[0].text == "(" and tokens[-1].text == ")":
        tokens = tokens[1:-1]
    names = tokens[::2]
    if not tokens or len(tokens) % 2 == 0 or any(t.text != "." for t in tokens[1::2]):
        return None
    if not all(_is_name(token) for token in names):
        return None
    return ColumnName(names[-1].text, names[-2].text if len(names) > 1 else None)


def _is_literal(tokens: tuple[Token, ...]) -> bool:
    """Tell whether a value is a constant that stands in the query, with or without a cast."""
    first = tokens[1] if tokens[0].text == "-" and len(tokens) > 1 else tokens[0]
    constant = (
        first.kind in (Kind.STRING, Kind.NUMBER) and first.text != PARAMETER
    ) or first.text in ("true", "false", "null")
    return constant and (len(tokens) <= 2 or tokens[1].text == "::")


def _columns(tokens: tuple[Token, ...]) -> frozenset[ColumnName]:
    return frozenset(_mentioned(tokens))


def _mentioned(tokens: tuple[Token, ...]) -> Iterator[ColumnName]:
    tokens = _without_queries(tokens)
    for index, token in enumerate(tokens):
        before = tokens[index - 1].text if index else ""
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if not _is_name(token) or before == "::":
            continue
        if following is not None and (
            following.text in ("(", ".") or following.kind is Kind.STRING
        ):
            continue
        relation = tokens[index - 2].text if before == "." and index > 1 else None
        yield ColumnName(token.text, relation)


def _without_queries(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Leave out what stands in `(SELECT …)`: its columns are its own."""
    kept: list[Token] = []
    depth = 0
    for index, token in enumerate(tokens):
        opens = token.kind is Kind.SYMBOL and token.text == "("
        closes = token.kind is Kind.SYMBOL and token.text == ")"
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if depth:
            depth += opens - closes
        elif opens and following is not None and following.text in ("select", "with", "values"):
            depth = 1
        else:
            kept.append(token)
    return tuple(kept)


def _is_name(token: Token) -> bool:
    if token.kind is Kind.WORD:
        return token.text in _COLUMNS_TOO or not is_keyword(token.text)
    return token.kind is Kind.QUOTED


def _joined(operands: tuple[Operand, ...]) -> Operand:
    if len(operands) == 1:
        return operands[0]
    columns = frozenset(column for each in operands for column in each.columns)
    return Operand(", ".join(each.text for each in operands), columns=columns)
