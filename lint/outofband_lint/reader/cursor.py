"""A place in a statement's tokens, and the few moves every reader is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

from outofband_lint.names import QualifiedName, clip
from outofband_lint.reader.tokens import Tokens, Unreadable, is_word

_Item = TypeVar("_Item")
_CLOSING = {"(": ")", "[": "]"}


class Cursor:
    """Reads one statement from left to right; every `expect` raises Unreadable when it fails.

    `texts` are the statement's tokens and an empty one behind the last, which equals no word.
    """

    __slots__ = ("position", "texts", "tokens")

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.texts = [*tokens.texts, ""]
        self.position = 0

    @property
    def text_ahead(self) -> str:
        """The next token, empty at the end."""
        return self.texts[self.position]

    def fail(self, wanted: str) -> NoReturn:
        """Refuse the statement: `wanted` was due here."""
        if self.at_end():
            raise Unreadable(f"{wanted} was expected at its end")
        start, end = self.tokens.starts[self.position], self.tokens.ends[self.position]
        if self.is_variable():
            raise Unreadable(f"a psql variable stands where {wanted} was expected")
        found = self.tokens.sql[start:end]
        shown = found if len(found) <= 40 else found[:40] + "…"
        raise Unreadable(f"{wanted} was expected at {shown!r}")

    def is_variable(self) -> bool:
        """Tell whether psql would put a variable's value here: `:name`, `:'name'`, `:"name"`."""
        here = self.position
        return (
            self.texts[here] == ":"
            and here + 1 < len(self.tokens.starts)
            and self.tokens.starts[here + 1] == self.tokens.ends[here]
        )

    # --- words and symbols

    def sees(self, *words: str, ahead: int = 0) -> bool:
        """Tell whether the next tokens are these keywords, unquoted."""
        position = self.position + ahead
        return self.texts[position : position + len(words)] == list(words)

    def sees_any(self, *words: str) -> bool:
        """Tell whether the next token is one of these keywords."""
        return self.texts[self.position] in words

    def accept(self, *words: str) -> bool:
        """Step over these keywords if they come next."""
        position = self.position
        for word in words:
            if self.texts[position] != word:
                return False
            position += 1
        self.position = position
        return True

    def accept_any(self, *words: str) -> str | None:
        """Step over one of these keywords if it comes next, and return it."""
        text = self.texts[self.position]
        if text and text in words:
            self.position += 1
            return text
        return None

    def expect(self, *words: str) -> None:
        """Step over these keywords."""
        if not self.accept(*words):
            self.fail(" ".join(words).upper())

    def sees_symbol(self, symbol: str, *, ahead: int = 0) -> bool:
        """Tell whether this symbol comes next."""
        position = self.position + ahead
        return position < len(self.texts) and self.texts[position] == symbol

    def accept_symbol(self, symbol: str) -> bool:
        """Step over this symbol if it comes next."""
        if self.texts[self.position] == symbol:
            self.position += 1
            return True
        return False

    def expect_symbol(self, symbol: str) -> None:
        """Step over this symbol."""
        if not self.accept_symbol(symbol):
            self.fail(f"'{symbol}'")

    def next(self) -> str:
        """Step over the next token, whatever it is, and return it."""
        text = self.texts[self.position]
        if not text:
            self.fail("more")
        self.position += 1
        return text

    def at_end(self) -> bool:
        """Tell whether the whole statement was read."""
        return not self.texts[self.position]

    def expect_end(self) -> None:
        """Refuse a statement with something left over."""
        if self.texts[self.position]:
            self.fail("the end of the statement")

    def skip_rest(self) -> None:
        """Step over all that is left."""
        self.position = len(self.texts) - 1

    # --- names

    def identifier(self) -> str:
        """Read one identifier, as the catalog stores it."""
        text = self.texts[self.position]
        if text[:1] == '"':
            text = text[1:]
        elif not is_word(text):
            self.fail("a name")
        self.position += 1
        return clip(text)

    def name(self) -> QualifiedName:
        """Read `name`, `schema.name` or `database.schema.name`."""
        name, schema = self.identifier(), None
        dots = 0
        while self.texts[self.position] == ".":
            self.position += 1
            dots += 1
            name, schema = self.identifier(), name
        if dots > 2:
            self.fail("a name of at most three parts")
        return QualifiedName(name, schema)

    def table(self) -> QualifiedName:
        """Read `[ONLY] name [*]`."""
        self.accept("only")
        in_parentheses = self.accept_symbol("(")
        name = self.name()
        if in_parentheses:
            self.expect_symbol(")")
        self.accept_symbol("*")
        return name

    def sees_string(self) -> bool:
        """Tell whether a string comes next."""
        return self.texts[self.position][:1] == "'"

    def string(self) -> str:
        """Read one string, without its quotes."""
        if not self.sees_string():
            self.fail("a string")
        return self.next()[1:]

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
        closings = [_CLOSING.get(self.next()) or self.fail("'('")]
        while closings:
            text = self.next()
            if text in _CLOSING:
                closings.append(_CLOSING[text])
            elif text == closings[-1]:
                closings.pop()

    def skip_one(self) -> None:
        """Step over one token, or over the whole group that it opens."""
        if self.texts[self.position] in _CLOSING:
            self.skip_group()
        else:
            self.next()

    def expression(self, stops: Callable[[], bool]) -> str:
        """Read an expression of at least one token, up to where `stops` says or the list ends.

        The words of a CASE … END never stop it.
        """
        start = self.position
        cases = 0
        while text := self.texts[self.position]:
            if text in (",", ")") or (not cases and self.position > start and stops()):
                break
            cases += (text == "case") - (text == "end" and cases > 0)
            self.skip_one()
        if self.position == start:
            self.fail("an expression")
        return self.text(start, self.position)

    def text(self, start: int, end: int) -> str:
        """Return the tokens `start` to `end` as canonical text: comments out, spaces single."""
        return self.tokens.canonical(start, end)
