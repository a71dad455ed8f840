"""SQL text to tokens, by sqlglot's tokenizer.

sqlglot's own token stream is made for its parser: it merges words (`double precision`), swallows
the rest of statements that it leaves opaque (DO, LOCK, SHOW) and lets dialects differ. Its
tokenizer without those keywords gives exactly PostgreSQL's lexical structure (PostgreSQL 18,
chapter 4.1), which is all that our grammar needs: every word is a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

from outofband_lint.names import clip, fold_case

if TYPE_CHECKING:
    from sqlglot.tokens import Tokenizer


class Unreadable(Exception):
    """The text is not SQL that this reader knows; the message says what stood in the way."""


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    QUOTED = "quoted identifier"
    STRING = "string"
    NUMBER = "number"
    SYMBOL = "symbol"


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it stands: `sql[start:end]`.

    `text` is folded to lower case for words, and without quotes and escapes for quoted identifiers
    and strings.
    """

    kind: Kind
    text: str
    start: int
    end: int


def tokenize(sql: str) -> tuple[Token, ...]:
    """Cut SQL into tokens, comments left out.

    Raises Unreadable where a quote or comment does not end, or an identifier is written in U&"".
    """
    from sqlglot.errors import TokenError

    try:
        raw = _tokenizer().tokenize(sql)
    except TokenError:
        raise Unreadable("a quote or a comment does not end") from None
    kinds = _kinds()
    tokens: list[Token] = []
    for token in raw:
        kind = kinds.get(token.token_type, Kind.SYMBOL)
        text = token.text
        if kind is Kind.WORD:
            text = fold_case(text)
        elif kind is Kind.QUOTED:
            if _is_unicode_escaped(tokens, token.start):
                raise Unreadable('an identifier is written in U&"…" escapes')
            text = clip(text)
        tokens.append(Token(kind, text, token.start, token.end + 1))
    return tuple(tokens)


def _is_unicode_escaped(before: list[Token], start: int) -> bool:
    match before[-2:]:
        case [Token(Kind.WORD, "u"), Token(Kind.SYMBOL, "&", _, end)]:
            return end == start
    return False


@cache
def _tokenizer() -> Tokenizer:
    from sqlglot.dialects.postgres import Postgres

    class Words(Postgres.Tokenizer):
        KEYWORDS = {  # noqa: RUF012 - sqlglot's way to configure a tokenizer
            spelling: kind
            for spelling, kind in Postgres.Tokenizer.KEYWORDS.items()
            if not spelling[0].isalpha() and "%" not in spelling and "{" not in spelling
        }
        COMMANDS = set()  # noqa: RUF012

    return Words(dialect="postgres")


@cache
def _kinds() -> dict[object, Kind]:
    from sqlglot.tokenizer_core import TokenType

    return {
        TokenType.VAR: Kind.WORD,
        TokenType.IDENTIFIER: Kind.QUOTED,
        TokenType.NUMBER: Kind.NUMBER,
        TokenType.STRING: Kind.STRING,
        TokenType.BYTE_STRING: Kind.STRING,
        TokenType.BIT_STRING: Kind.STRING,
        TokenType.HEX_STRING: Kind.STRING,
        TokenType.NATIONAL_STRING: Kind.STRING,
        TokenType.UNICODE_STRING: Kind.STRING,
        TokenType.HEREDOC_STRING: Kind.STRING,
    }
