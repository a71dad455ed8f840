"""What an expression mentions, and the expression after a rename."""

from __future__ import annotations

from outofband_lint.names import quote
from outofband_lint.reader.tokens import Tokens, Unreadable, is_name, tokenize


def mentioned(expression: str) -> frozenset[str]:
    """Return the identifiers that may be columns: not functions, not what qualifies others."""
    texts = _tokens(expression).texts
    return frozenset(
        text.removeprefix('"') for index, text in enumerate(texts) if _may_be_column(texts, index)
    )


def renamed(expression: str, old: str, new: str) -> str:
    """Return the expression with the column `old` called `new`."""
    pieces = []
    done = 0
    tokens = _tokens(expression)
    for index, text in enumerate(tokens.texts):
        if text.removeprefix('"') == old and _may_be_column(tokens.texts, index):
            pieces += [expression[done : tokens.starts[index]], quote(new)]
            done = tokens.ends[index]
    return "".join(pieces) + expression[done:]


def leading_function(expression: str) -> str | None:
    """Return the function whose call the whole expression is, if it is one."""
    texts = _tokens(expression).texts
    if not texts or texts[-1] != ")":
        return None
    opening = texts.index("(") if "(" in texts else 0
    names = texts[:opening]
    if not names or not all(is_name(text) or text == "." for text in names):
        return None
    return names[-1].removeprefix('"') if _closes_at_end(texts, opening) else None


def _closes_at_end(texts: list[str], opening: int) -> bool:
    depth = 0
    for index, text in enumerate(texts[opening:], opening):
        depth += (text == "(") - (text == ")")
        if depth == 0:
            return index == len(texts) - 1
    return False


def _tokens(expression: str) -> Tokens:
    try:
        return tokenize(expression)
    except Unreadable:
        return Tokens(expression)


def _may_be_column(texts: list[str], index: int) -> bool:
    return is_name(texts[index]) and texts[index + 1 : index + 2] not in (["("], ["."])
