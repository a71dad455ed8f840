"""What an expression mentions, and the expression after a rename."""

from __future__ import annotations

from outofband_lint.names import quote
from outofband_lint.reader.tokens import Kind, Token, Unreadable, tokenize


def mentioned(expression: str) -> frozenset[str]:
    """Return the identifiers that may be columns: not functions, not what qualifies others."""
    tokens = _tokens(expression)
    return frozenset(
        token.text for index, token in enumerate(tokens) if _may_be_column(tokens, index)
    )


def likely_columns(expression: str) -> tuple[str, ...]:
    """Return what is mentioned and no keyword, sorted: the columns of a table nobody knows."""
    tokens = _tokens(expression)
    return tuple(
        sorted(
            {
                token.text
                for index, token in enumerate(tokens)
                if _may_be_column(tokens, index) and not _is_keyword(token)
            }
        )
    )


def renamed(expression: str, old: str, new: str) -> str:
    """Return the expression with the column `old` called `new`."""
    pieces = []
    done = 0
    tokens = _tokens(expression)
    for index, token in enumerate(tokens):
        if token.text == old and _may_be_column(tokens, index):
            pieces += [expression[done : token.start], quote(new)]
            done = token.end
    return "".join(pieces) + expression[done:]


def leading_function(expression: str) -> str | None:
    """Return the function whose call the whole expression is, if it is one."""
    tokens = _tokens(expression)
    if not tokens or tokens[-1].text != ")":
        return None
    opening = next((i for i, token in enumerate(tokens) if _is(token, "(")), 0)
    names = tokens[:opening]
    if not names or not all(_is_name(token) or _is(token, ".") for token in names):
        return None
    return names[-1].text if _closes_at_end(tokens, opening) else None


def _closes_at_end(tokens: tuple[Token, ...], opening: int) -> bool:
    depth = 0
    for index, token in enumerate(tokens[opening:], opening):
        depth += _is(token, "(") - _is(token, ")")
        if depth == 0:
            return index == len(tokens) - 1
    return False


def _tokens(expression: str) -> tuple[Token, ...]:
    try:
        return tokenize(expression)
    except Unreadable:
        return ()


def _may_be_column(tokens: tuple[Token, ...], index: int) -> bool:
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    return _is_name(tokens[index]) and not (
        following is not None and (_is(following, "(") or _is(following, "."))
    )


def _is_keyword(token: Token) -> bool:
    return token.kind is Kind.WORD and quote(token.text) != token.text


def _is_name(token: Token) -> bool:
    return token.kind in (Kind.WORD, Kind.QUOTED)


def _is(token: Token, symbol: str) -> bool:
    return token.kind is Kind.SYMBOL and token.text == symbol
