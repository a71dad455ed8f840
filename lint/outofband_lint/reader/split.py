"""Where one statement ends and the next begins."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.reader.tokens import Kind, Token


def pieces(tokens: tuple[Token, ...]) -> Iterator[tuple[Token, ...]]:
    """Yield the tokens of each statement, without semicolons; empty ones are left out.

    A semicolon in parentheses (CREATE RULE) or in BEGIN ATOMIC … END (a function's body in SQL)
    ends nothing.
    """
    start = depth = blocks = 0
    for index, token in enumerate(tokens):
        if token.kind is Kind.SYMBOL:
            depth += (token.text == "(") - (token.text == ")")
            if token.text == ";" and depth <= 0 and not blocks:
                if index > start:
                    yield tokens[start:index]
                start, depth = index + 1, 0
        elif token.kind is Kind.WORD:
            blocks = _blocks(tokens, index, blocks)
    if len(tokens) > start:
        yield tokens[start:]


def _blocks(tokens: tuple[Token, ...], index: int, blocks: int) -> int:
    """Count the BEGIN ATOMIC and, within one, the CASE that an END must close."""
    word = tokens[index].text
    if word == "atomic" and index and tokens[index - 1].text == "begin":
        return blocks + 1
    if blocks and word == "case":
        return blocks + 1
    return blocks - 1 if blocks and word == "end" else blocks
