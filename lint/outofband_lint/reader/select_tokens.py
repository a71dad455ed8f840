"""The tokens of a query, with every driver's parameters made one kind of token."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outofband_lint.names import is_keyword
from outofband_lint.reader.tokens import Kind, Token, tokenize

PARAMETER = "?"
"""The text of a parameter's token, whatever stands in the query: $1, %s, %(a)s, :a, @a, ?."""

# A tokenizer may take `$1, $` for the beginning of a dollar-quoted string.
_NUMBERED = re.compile(r"\$\d+")
_VALUE_ENDS = (")", "]")
_CASTS = {"text", "varchar", "citext"}


def query_tokens(sql: str) -> tuple[Token, ...]:
    """Cut a query into tokens, parameters in one piece each; raises Unreadable."""
    numbered = {match.start(): match.end() for match in _NUMBERED.finditer(sql)}
    text = _NUMBERED.sub(lambda match: PARAMETER.ljust(len(match[0])), sql)
    return tuple(_merged(tokenize(text), numbered))


def _merged(tokens: tuple[Token, ...], numbered: dict[int, int]) -> Iterator[Token]:
    position = 0
    previous: Token | None = None
    while position < len(tokens):
        token = tokens[position]
        length = _parameter_length(tokens, position, previous)
        if token.start in numbered and token.text == PARAMETER:
            token = Token(Kind.NUMBER, PARAMETER, token.start, numbered[token.start])
        elif length:
            token = Token(Kind.NUMBER, PARAMETER, token.start, tokens[position + length - 1].end)
        yield token
        previous = token
        position += length or 1


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
