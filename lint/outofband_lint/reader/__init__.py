"""SQL text to typed statements.

`read` never raises and never guesses: what the grammar does not know word for word comes back as
NotUnderstood with the reason. The text may be a psql script: its meta-commands are statements too,
and the rows behind COPY … FROM stdin are none.
"""

from __future__ import annotations

from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.do_block import do_block
from outofband_lint.reader.grammar import read_statement
from outofband_lint.reader.psql import meta_command
from outofband_lint.reader.schema_elements import schema_with_elements
from outofband_lint.reader.split import Piece, pieces
from outofband_lint.reader.tokens import Tokens, Unreadable
from outofband_lint.statement import NotUnderstood, Statement

__all__ = ["read"]


def read(sql: str) -> tuple[Statement, ...]:
    """Read every statement of a text; each carries its own text in `sql`.

    A DO block comes as the statements in its body, followed by the block itself; CREATE SCHEMA
    with elements as itself, followed by these.
    """
    return tuple(statement for piece in pieces(sql) for statement in read_piece(piece))


def read_piece(piece: Piece) -> list[Statement]:
    """Read one piece of a text."""
    reason = _unfit(piece)
    return _read(piece) if reason is None else [NotUnderstood(reason, sql=piece.text)]


def _unfit(piece: Piece) -> str | None:
    """Return why this piece cannot be read whatever its words say."""
    if piece.broken is not None:
        return piece.broken
    if piece.sent_by == "\\gexec":
        return "\\gexec runs what the query returns"
    return "it holds a NUL character" if "\0" in piece.texts else None


def _read(tokens: Tokens) -> list[Statement]:
    text = tokens.text
    cursor = Cursor(tokens)
    try:
        if cursor.text_ahead[0] == "\\":
            return [_with_text(meta_command(cursor), text)]
        if cursor.sees("do"):
            *others, statement = do_block(cursor, read)
            return [*others, _with_text(statement, text)]
        if cursor.sees("create", "schema"):
            statement, *others = schema_with_elements(cursor, _read)
            return [_with_text(statement, text), *others]
        return [_with_text(read_statement(cursor), text)]
    except Unreadable as reason:
        return [NotUnderstood(str(reason), sql=text)]


def _with_text(statement: Statement, text: str) -> Statement:
    """Complete a statement that was made just now; `replace` would cost a tenth of the reading."""
    object.__setattr__(statement, "sql", text)
    return statement
