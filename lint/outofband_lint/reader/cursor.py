"""A place in a statement's tokens, and the few moves every reader is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

from outofband_lint.names import QualifiedName, clip, quote
from outofband_lint.reader.tokens import Kind, Token, Unreadable

_Item = TypeVar("_Item")
_OPENING = {"(": ")", "[": "]"}


class Cursor:
    """Reads one statement from left to right; every `expect` raises Unreadable when it fails."""

    def __init__(self, sql: str, tokens: tuple[Token, ...]) -> None:
        self.sql = sql
        self.tokens = tokens
        self.position = 0

    @property
    def token(self) -> Token | None:
        """The next token, None at the end."""
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def fail(self, wanted: str) -> NoReturn:
        """Refuse the statement: `wanted` was due here."""
        token = self.token
        found = "its end" if token is None else repr(self.sql[token.start : token.end])
        raise Unreadable(f"{wanted} was expected at {found}")

    # --- words and symbols

    def sees(self, *words: str, ahead: int = 0) -> bool:
        """Tell whether the next tokens are these keywords, unquoted."""
        start = self.position + ahead
        found = self.tokens[start : start + len(words)]
        return len(found) == len(words) and all(
            token.kind is Kind.WORD and token.text == word
            for token, word in zip(found, words, strict=True)
        )

    def sees_any(self, *words: str) -> bool:
        """Tell whether the next token is one of these keywords."""
        return self.token is not None and self.token.kind is Kind.WORD and self.token.text in words

    def accept(self, *words: str) -> bool:
        """Step over these keywords if they come next."""
        if self.sees(*words):
            self.position += len(words)
            return True
        return False

    def accept_any(self, *words: str) -> str | None:
        """Step over one of these keywords if it comes next, and return it."""
        if self.sees_any(*words):
            return self.next().text
        return None

    def expect(self, *words: str) -> None:
        """Step over these keywords."""
        if not self.accept(*words):
            self.fail(" ".join(words).upper())

    def sees_symbol(self, symbol: str, *, ahead: int = 0) -> bool:
        """Tell whether this symbol comes next."""
        index = self.position + ahead
        if index >= len(self.tokens):
            return False
        token = self.tokens[index]
        return token.kind is Kind.SYMBOL and token.text == symbol

    def accept_symbol(self, symbol: str) -> bool:
        """Step over this symbol if it comes next."""
        if self.sees_symbol(symbol):
            self.position += 1
            return True
        return False

    def expect_symbol(self, symbol: str) -> None:
        """Step over this symbol."""
        if not self.accept_symbol(symbol):
            self.fail(f"'{symbol}'")

    def next(self) -> Token:
        """Step over the next token, whatever it is, and return it."""
        token = self.token
        if token is None:
            self.fail("more")
        self.position += 1
        return token

    def at_end(self) -> bool:
        """Tell whether the whole statement was read."""
        return self.token is None

    def expect_end(self) -> None:
        """Refuse a statement with something left over."""
        if not self.at_end():
            self.fail("the end of the statement")

    def skip_rest(self) -> None:
        """Step over all that is left."""
        self.position = len(self.tokens)

    # --- names

    def identifier(self) -> str:
        """Read one identifier, as the catalog stores it."""
        token = self.token
        if token is None or token.kind not in (Kind.WORD, Kind.QUOTED):
            self.fail("a name")
        self.position += 1
        return clip(token.text)

    def name(self) -> QualifiedName:
        """Read `name`, `schema.name` or `database.schema.name`."""
        parts = [self.identifier()]
        while self.accept_symbol("."):
            parts.append(self.identifier())
        if len(parts) > 3:
            self.fail("a name of at most three parts")
        return QualifiedName(parts[-1], parts[-2] if len(parts) > 1 else None)

    def table(self) -> QualifiedName:
        """Read `[ONLY] name [*]`."""
        self.accept("only")
        in_parentheses = self.accept_symbol("(")
        name = self.name()
        if in_parentheses:
            self.expect_symbol(")")
        self.accept_symbol("*")
        return name

    def string(self) -> str:
        """Read one string, without its quotes."""
        token = self.token
        if token is None or token.kind is not Kind.STRING:
            self.fail("a string")
        self.position += 1
        return token.text

    # --- lists and groups

    def listed(self, item: Callable[[], _Item]) -> tuple[_Item, ...]:
        """Read one or more items with commas between them."""
        items = [item()]
        while self.accept_symbol(","):
            items.append(item())
        return tuple(items)

    def grouped(self, item: Callable[[], _Item]) -> tuple[_Item, ...]:
        """Read a list in parentheses."""
        self.expect_symbol("(")
        items = self.listed(item)
        self.expect_symbol(")")
        return items

    def group(self) -> str:
        """Step over a group in parentheses and return what it encloses."""
        if not self.sees_symbol("("):
            self.fail("'('")
        start = self.position
        self.skip_group()
        return self.text(start + 1, self.position - 1)

    def skip_group(self) -> None:
        """Step over a group in parentheses or brackets, however deep."""
        closings: list[str] = []
        while True:
            text = self.next().text
            if self.tokens[self.position - 1].kind is not Kind.SYMBOL:
                continue
            if text in _OPENING:
                closings.append(_OPENING[text])
            elif text == closings[-1]:
                closings.pop()
                if not closings:
                    return

    def skip_one(self) -> None:
        """Step over one token, or over the whole group that it opens."""
        if self.sees_symbol("(") or self.sees_symbol("["):
            self.skip_group()
        else:
            self.next()

    def expression(self, stops: Callable[[], bool]) -> str:
        """Read an expression of at least one token, up to where `stops` says or the list ends.

        The words of a CASE … END never stop it.
        """
        start = self.position
        cases = 0
        while not self.at_end():
            if not cases and self.position > start and stops():
                break
            if self.sees_symbol(",") or self.sees_symbol(")"):
                break
            cases += self.sees("case") - (self.sees("end") and cases > 0)
            self.skip_one()
        if self.position == start:
            self.fail("an expression")
        return self.text(start, self.position)

    def text(self, start: int, end: int) -> str:
        """Return the tokens `start` to `end` as canonical text: comments out, spaces single."""
        pieces: list[str] = []
        previous: Token | None = None
        for token in self.tokens[start:end]:
            if previous is not None and previous.end < token.start:
                pieces.append(" ")
            pieces.append(self.spelling(token))
            previous = token
        return "".join(pieces)

    def spelling(self, token: Token) -> str:
        """Return one token as SQL: identifiers folded and quoted only where needed."""
        if token.kind is Kind.QUOTED:
            return quote(token.text)
        return token.text if token.kind is Kind.WORD else self.sql[token.start : token.end]
