"""SQL text to typed statements.

`read` never raises and never guesses: what the grammar does not know word for word comes back as
NotUnderstood with the reason. sqlglot cuts the text into tokens; the grammar is ours, because the
half of Postgres' DDL that makes a migration safe is opaque to sqlglot's parser (VALIDATE, USING
INDEX, ATTACH, ON ONLY) and some of the rest is misread (SAVEPOINT, RENAME a TO b).
"""

from __future__ import annotations

from dataclasses import replace

from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.do_block import do_block
from outofband_lint.reader.grammar import read_statement
from outofband_lint.reader.split import pieces
from outofband_lint.reader.tokens import Token, Unreadable, tokenize
from outofband_lint.statement import NotUnderstood, Statement

__all__ = ["read"]


def read(sql: str) -> tuple[Statement, ...]:
    """Read every statement of a text; each carries its own text in `sql`.

    A DO block comes as the statements in its body, followed by the block itself.
    """
    try:
        tokens = tokenize(sql)
    except Unreadable as reason:
        return (NotUnderstood(str(reason), sql=sql.strip()),)
    return tuple(statement for piece in pieces(tokens) for statement in _read_piece(sql, piece))


def _read_piece(sql: str, tokens: tuple[Token, ...]) -> list[Statement]:
    text = sql[tokens[0].start : tokens[-1].end]
    cursor = Cursor(sql, tokens)
    try:
        if cursor.sees("do"):
            *inner, block = do_block(cursor, read)
            return [*inner, replace(block, sql=text)]
        return [replace(read_statement(cursor), sql=text)]
    except Unreadable as reason:
        return [NotUnderstood(str(reason), sql=text)]
