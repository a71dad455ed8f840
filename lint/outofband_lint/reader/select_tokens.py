"""The tokens of a query, with every driver's parameters made one kind of token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from outofband_lint.names import is_keyword
from outofband_lint.reader.split import pieces
from outofband_lint.reader.tokens import Tokens, Unreadable, is_word

PARAMETER = "?"
"""The text of a parameter's token, whatever stands in the query: $1, %s, %(a)s, :a, @a, ?."""


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    QUOTED = "quoted identifier"
    STRING = "string"
    NUMBER = "number or parameter"
    SYMBOL = "symbol"


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it stands, `sql[start:end]`; `text` has no quotes."""

    kind: Kind
    text: str
    start: int
    end: int


_VALUE_ENDS = (")", "]")
_CASTS = {"text", "varchar", "citext"}
_OPERATOR = frozenset("+-*/<>=~!@#%^&|`?")
# An operator may end in + or - only if it has one of these (PostgreSQL 18, chapter 4.1.3).
_SPECIAL = frozenset("~!@#%^&|`?")
_COMPARING = {"=", "<", ">", "<=", ">=", "<>", "!=", "||"}


def query_tokens(sql: str) -> tuple[Token, ...]:
    """Cut one query into tokens, parameters in one piece each; raises Unreadable."""
    found = queries_in(sql)
    if len(found) > 1:
        raise Unreadable("there is more than one statement")
    return found[0] if found else ()


def queries_in(sql: str) -> tuple[tuple[Token, ...], ...]:
    """Cut a text into the tokens of each statement; raises Unreadable."""
    found = []
    for piece in pieces(sql):
        if piece.broken:
            raise Unreadable(piece.broken)
        found.append(tuple(_merged(tuple(_made(piece)))))
    return tuple(found)


def cursor_tokens(sql: str, tokens: tuple[Token, ...]) -> Tokens:
    """Return tokens in the form that a cursor reads."""
    return Tokens(
        sql,
        [_raw(token) for token in tokens],
        [token.start for token in tokens],
        [token.end for token in tokens],
    )


def _raw(token: Token) -> str:
    match token.kind:
        case Kind.QUOTED:
            return '"' + token.text
        case Kind.STRING:
            return "'" + token.text
        case Kind.NUMBER if token.text == PARAMETER:
            return "$"
    return token.text


def _made(tokens: Tokens) -> Iterator[Token]:
    for text, start, end in zip(tokens.texts, tokens.starts, tokens.ends, strict=True):
        first = text[0]
        if first == '"':
            yield Token(Kind.QUOTED, text[1:], start, end)
        elif first == "'":
            yield Token(Kind.STRING, text[1:], start, end)
        elif is_word(text):
            yield Token(Kind.WORD, text, start, end)
        elif first == "$" and len(text) > 1:
            yield Token(Kind.NUMBER, PARAMETER, start, end)
        elif first.isdigit() or (first == "." and len(text) > 1):
            yield Token(Kind.NUMBER, text, start, end)
        else:
            yield Token(Kind.SYMBOL, text, start, end)


def _merged(tokens: tuple[Token, ...]) -> Iterator[Token]:
    position = 0
    previous: Token | None = None
    while position < len(tokens):
        token = tokens[position]
        length = _parameter_length(tokens, position, previous)
        if length:
            token = Token(Kind.NUMBER, PARAMETER, token.start, tokens[position + length - 1].end)
        elif token.kind is Kind.SYMBOL and token.text in _OPERATOR:
            length = _operator_length(tokens, position)
            text = "".join(each.text for each in tokens[position : position + length])
            token = Token(Kind.SYMBOL, text, token.start, tokens[position + length - 1].end)
        yield token
        previous = token
        position += length or 1


def _operator_length(tokens: tuple[Token, ...], start: int) -> int:
    """Return of how many characters the operator is made that starts here."""
    text = tokens[start].text
    end = start + 1
    while end < len(tokens) and _continues(tokens, end, text):
        text += tokens[end].text
        end += 1
    while len(text) > 1 and text[-1] in "+-" and not _SPECIAL.intersection(text):
        text, end = text[:-1], end - 1
    return end - start


def _continues(tokens: tuple[Token, ...], position: int, before: str) -> bool:
    """Tell whether a character belongs to the operator before it, and begins no parameter."""
    token = tokens[position]
    if token.kind is not Kind.SYMBOL or token.text not in _OPERATOR:
        return False
    if token.start != tokens[position - 1].end:
        return False
    starts_parameter = _parameter_length(tokens, position, tokens[position - 1]) > 0
    return not (before in _COMPARING and starts_parameter)


def _parameter_length(tokens: tuple[Token, ...], start: int, previous: Token | None) -> int:
    """Return of how many tokens the parameter is made that starts here; 0 where none does."""
    token = tokens[start]
    texts = [t.text for t in tokens[start : start + 4]]
    if token.text == "sqlc" and texts[1:2] == ["."] and texts[3:4] == ["("]:
        closing = (i for i in range(start, len(tokens)) if tokens[i].text == ")")
        return next(closing, start) - start + 1
    if token.kind is not Kind.SYMBOL:
        return 0
    following = tokens[start + 1] if start + 1 < len(tokens) else None
    touches = following is not None and following.start == token.end
    named = touches and following is not None and following.kind in (Kind.WORD, Kind.QUOTED)
    if token.text == "%" and touches:
        return _percent_length(texts)
    if token.text == "?":
        return 0 if _is_value(previous) else 1
    if token.text in (":", "@") and named and not _is_value(previous):
        return 2
    return 0


def _percent_length(texts: list[str]) -> int:
    if texts[1] in ("s", "b", "t"):
        return 2
    return 5 if texts[1] == "(" and texts[3:4] == [")"] else 0


def _is_value(token: Token | None) -> bool:
    """Tell whether an operator may follow: behind a value `?` is one, elsewhere a parameter."""
    if token is None:
        return False
    if token.kind is Kind.WORD:
        return not is_keyword(token.text)
    return token.kind is not Kind.SYMBOL or token.text in _VALUE_ENDS


def normal(tokens: tuple[Token, ...]) -> str:
    """Return an expression in one spelling: no relations' names, no casts to text, single spaces.

    What surrounds the whole in parentheses is left out.
    """
    words: list[str] = []
    kept = _unwrapped(_without_text_casts(_unqualified(tokens)))
    for token in kept:
        text = token.text.replace("'", "''")
        words.append(f"'{text}'" if token.kind is Kind.STRING else token.text)
    return " ".join(words)


def _unqualified(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    kept: list[Token] = []
    for token in tokens:
        if token.text == "." and token.kind is Kind.SYMBOL and kept:
            kept.pop()
        else:
            kept.append(token)
    return tuple(kept)


def _without_text_casts(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    kept: list[Token] = []
    for token in tokens:
        if kept and kept[-1].text == "::" and token.text in _CASTS:
            kept.pop()
            if len(kept) > 2 and kept[-1].text == ")" and kept[-3].text == "(":
                kept[-3:] = [kept[-2]]
        else:
            kept.append(token)
    return tuple(kept)


def _unwrapped(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    while len(tokens) > 1 and tokens[0].text == "(" and _closing(tokens) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def _closing(tokens: tuple[Token, ...]) -> int:
    depth = 0
    for index, token in enumerate(tokens):
        if token.kind is Kind.SYMBOL:
            depth += (token.text == "(") - (token.text == ")")
            if depth == 0:
                return index
    return -1
