"""The suppressions that stand in a file, and the lines that each is about.

A comment is about the statement that it stands in or behind, or directly above, over all of the
statement's lines; at the top of a file, before everything but its docstring, it is about the whole
file. In SQL, whose first statement is worth suppressing by itself, an empty line behind the comment
makes it the file's.
"""

from __future__ import annotations

import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterator
from io import StringIO

from outofband_lint.reader.split import Piece, pieces
from outofband_lint.suppression import Suppression, parsed

MARK = "outofband:"
"""What a comment with a suppression has in it."""

_COPIES = ("copy", "\\copy")
_SQL_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
_BETWEEN = {tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER, tokenize.ENCODING}

_Placed = tuple[str, int, int, int | None]


def suppressions_in(text: str, path: str) -> tuple[Suppression, ...]:
    """Return the suppressions of a Python file, or of an SQL file where the name has no `.py`.

    What looks like one inside a string is none. Of a file that is not Python or SQL to the end,
    those before the fault are returned.
    """
    if MARK not in text:
        return ()
    placed = _in_python(text) if path.endswith(".py") else _in_sql(text)
    found = (parsed(comment, path, line, first, last) for comment, line, first, last in placed)
    return tuple(suppression for suppression in found if suppression is not None)


def _in_python(text: str) -> Iterator[_Placed]:
    """Yield each comment with its line and the first and last line of what it is about."""
    above: list[tuple[str, int]] = []
    inside: list[tuple[str, int]] = []
    statement: list[tokenize.TokenInfo] = []
    at_top = True
    for token in _tokens_of_python(text):
        if token.type == tokenize.COMMENT:
            (inside if statement else above).append((token.string, token.start[0]))
        elif token.type == tokenize.NL and not statement:
            if not token.line.strip():  # an empty line: what stands above it is about nothing below
                yield from _each(above, None if at_top else 0)
                above = []
        elif token.type == tokenize.NEWLINE:
            first, last = statement[0].start[0], statement[-1].end[0]
            yield from _each(above, None) if at_top else ((*c, first, last) for c in above)
            at_top = at_top and [t.type for t in statement] == [tokenize.STRING]
            yield from ((*c, first, last) for c in inside)
            above, inside, statement = [], [], []
        elif token.type not in _BETWEEN and token.type != tokenize.NL:
            statement.append(token)
    yield from _each(above, None if at_top else 0)


def _each(comments: list[tuple[str, int]], last: int | None) -> Iterator[_Placed]:
    """Yield comments about the whole file, with a `last` of None, or about their own line."""
    for comment, line in comments:
        yield (comment, line, 1, None) if last is None else (comment, line, line, line)


def _tokens_of_python(text: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(StringIO(text).readline)
    except (tokenize.TokenError, SyntaxError):
        return


def _in_sql(text: str) -> Iterator[_Placed]:
    found = list(pieces(text))
    breaks = [match.start() for match in re.finditer("\n", text)]
    lines = text.splitlines()
    statements = [
        (bisect_right(breaks, piece.start) + 1, bisect_right(breaks, piece.end - 1) + 1)
        for piece in found
    ]
    for comment, start in _comments_of_sql(text, found):
        line = bisect_right(breaks, start) + 1
        yield (comment, line, *_about(line, statements, lines))


def _comments_of_sql(text: str, statements: list[Piece]) -> Iterator[tuple[str, int]]:
    """Yield what begins with `--` between tokens, where nothing but space and comments is.

    Behind COPY may stand its rows; of a statement that cannot be cut into tokens nothing is known.
    """
    position, is_behind_rows = 0, False
    for piece in statements:
        if piece.broken is not None:
            return
        for start, end in zip(piece.starts, piece.ends, strict=True):
            if not is_behind_rows:
                yield from _between(text, position, start)
            position, is_behind_rows = end, False
        is_behind_rows = piece.texts[0] in _COPIES
    if not is_behind_rows:
        yield from _between(text, position, len(text))


def _between(text: str, start: int, end: int) -> Iterator[tuple[str, int]]:
    if end - start > len(MARK):
        for found in _SQL_COMMENT.finditer(text, start, end):
            if found[0].startswith("--"):
                yield found[0], found.start()


def _about(
    line: int, statements: list[tuple[int, int]], lines: list[str]
) -> tuple[int, int | None]:
    touched = [s for s in statements if s[0] <= line <= s[1]]
    if touched:
        return min(first for first, _ in touched), max(last for _, last in touched)
    below = next((s for s in statements if s[0] > line), None)
    if below is not None and all(text.strip() for text in lines[line : below[0] - 1]):
        return below
    is_top = not any(last < line for _, last in statements)
    return (1, None) if is_top else (line, line)
