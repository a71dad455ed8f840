"""Where one statement ends and the next begins, in SQL and in a psql script.

Source: PostgreSQL 18, psql (meta-commands, COPY … FROM stdin), and CREATE FUNCTION (BEGIN ATOMIC).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from outofband_lint.reader.tokens import Tokens, Unreadable, scan

_META = re.compile(r"\\(?:[^\s\\;]+|.)")
_LINE_END = re.compile(r"[\r\n]")
_META_COPY = re.compile(r"\sfrom\s+p?stdin\b", re.IGNORECASE)
_DATA_END = re.compile(r"(?<=[\r\n])\\\.[ \t]*(?=[\r\n]|\Z)")
# Meta-commands that send what was typed so far, as a semicolon does.
_SENDING = {"\\g", "\\gx", "\\gset", "\\gexec", "\\gdesc", "\\crosstabview", "\\watch", "\\;"}
_BLOCK_WORDS = frozenset({"atomic", "case", "end"})
_NO_DATA_END = "COPY … FROM stdin is followed by data that no line \\. ends"


@dataclass(slots=True)
class Piece(Tokens):
    """The tokens of one statement, or a psql meta-command as one token: its name.

    `broken` says why these tokens cannot be a statement, `sent_by` is the meta-command that ended
    the statement in place of a semicolon.
    """

    broken: str | None = None
    sent_by: str | None = None
    sent_at: int = 0

    @property
    def start(self) -> int:
        """Where the statement begins in the text."""
        return self.starts[0]

    @property
    def end(self) -> int:
        """Where the statement ends, its semicolon left out."""
        return max(self.ends[-1], self.sent_at)

    @property
    def text(self) -> str:
        """The statement as it was written, with the meta-command that sends it."""
        return self.sql[self.start : self.end]


def pieces(sql: str) -> Iterator[Piece]:
    """Yield each statement's tokens, without semicolons; empty statements are left out."""
    position = 0
    while position < len(sql):
        piece = Piece(sql)
        position = _fill(piece, position)
        if not piece.texts:
            continue
        yield piece
        if _wants_data(piece):
            position = _line_end(sql, position)
            end = _DATA_END.search(sql, position)
            if end is None and sql[position:].strip():
                yield _broken(Piece(sql), position, _NO_DATA_END)
                return
            position = end.end() if end else len(sql)


def _fill(piece: Piece, position: int) -> int:
    """Read one statement's tokens; return where the next one may begin.

    A semicolon in parentheses (CREATE RULE) or in BEGIN ATOMIC … END (a function's body in SQL)
    ends nothing.
    """
    sql, texts, starts, ends = piece.sql, piece.texts, piece.starts, piece.ends
    depth = blocks = 0
    try:
        for text, start, end in scan(sql, position):
            if text == ";" and depth <= 0 and not blocks:
                return end
            if text == "\\":
                return _meta_command(piece, start)
            if text == "(":
                depth += 1
            elif text == ")":
                depth -= 1
            elif text in _BLOCK_WORDS:
                blocks = _blocks(texts, text, blocks)
            texts.append(text)
            starts.append(start)
            ends.append(end)
    except Unreadable as reason:
        _broken(piece, position, str(reason))
    return len(sql)


def _broken(piece: Piece, position: int, reason: str) -> Piece:
    """Make the piece span all that is left of the text."""
    left = piece.sql[position:]
    if not piece.texts:
        piece.starts.append(position + len(left) - len(left.lstrip()))
    piece.texts.append("")
    piece.ends.append(position + len(left.rstrip()))
    piece.broken = reason
    return piece


def _blocks(before: list[str], word: str, blocks: int) -> int:
    """Count the BEGIN ATOMIC and, within one, the CASE that an END must close."""
    if word == "atomic":
        return blocks + (before[-1:] == ["begin"])
    if not blocks:
        return 0
    return blocks + 1 if word == "case" else blocks - 1


def _meta_command(piece: Piece, start: int) -> int:
    """Read a meta-command: a piece of its own, or what ends or breaks the statement before it."""
    sql = piece.sql
    name = _META.match(sql, start)
    command = name[0] if name else "\\"
    end = _line_end(sql, start)
    if piece.texts and command in _SENDING:
        piece.sent_by = command
        piece.sent_at = start + len(command)
        return start + len(command) if command == "\\;" else end
    if piece.texts:
        piece.broken = f"{command} stands in the middle of it"
    piece.texts.append(command)
    piece.starts.append(start)
    piece.ends.append(start + len(sql[start:end].rstrip()))
    return end


def _line_end(sql: str, position: int) -> int:
    match = _LINE_END.search(sql, position)
    return match.start() if match else len(sql)


def _wants_data(piece: Piece) -> bool:
    """Tell whether the lines that follow are the rows of this COPY."""
    texts = piece.texts
    if texts[0] == "copy":
        return any(
            word == "from" and texts[index + 1 : index + 2] in (["stdin"], ["pstdin"])
            for index, word in enumerate(texts)
        )
    return texts[0] == "\\copy" and _META_COPY.search(piece.text) is not None
