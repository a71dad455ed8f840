"""A file of SQL as named queries: sqlc's, aiosql's and PugSQL's marks, or one query a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from outofband_lint.query import Query
from outofband_lint.reader.select_tokens import query_tokens
from outofband_lint.reader.split import pieces
from outofband_lint.reader.tokens import Token, Unreadable

# `-- name: get_document :one` (sqlc), `-- name: get-document^` (aiosql), `-- :name get_document`
# (PugSQL), `-- get_document --` on a line of its own (procrastinate).
_MARK = re.compile(
    r"^--[ \t]*(?::?name:?[ \t]+(?P<name>[\w.-]+)|(?P<plain>[\w-]+)[ \t]*--[ \t]*$)", re.MULTILINE
)


def queries_from_sql(text: str, path: str) -> tuple[Query, ...]:
    """Return the queries of a file, each at the line where its SQL begins.

    Without marks, a statement is a query, named after the file and, where there are several, by its
    number.
    """
    marks = list(_MARK.finditer(text))
    if not marks:
        return tuple(_unnamed(text, path))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    found = (
        _query(mark["name"] or mark["plain"], text, mark.end(), end, path)
        for mark, end in zip(marks, ends, strict=True)
    )
    return tuple(query for query in found if query is not None)


def _query(name: str, text: str, start: int, end: int, path: str) -> Query | None:
    line_end = text.find("\n", start, end)
    start = end if line_end == -1 else line_end
    tokens = _tokens(text[start:end])
    if tokens == ():
        return None
    begin = start + (tokens[0].start if tokens else 0)
    return Query(name, text[begin:end].strip(), path, text.count("\n", 0, begin) + 1)


def _unnamed(text: str, path: str) -> Iterator[Query]:
    stem = PurePath(path).stem
    tokens = _tokens(text)
    if tokens is None:
        yield Query(stem, text.strip(), path, 1)
        return
    found = list(pieces(tokens))
    for number, piece in enumerate(found, 1):
        begin = piece[0].start
        name = stem if len(found) == 1 else f"{stem}:{number}"
        yield Query(name, text[begin : piece[-1].end], path, text.count("\n", 0, begin) + 1)


def _tokens(text: str) -> tuple[Token, ...] | None:
    """Return a text's tokens, None where a quote or a comment does not end."""
    try:
        return query_tokens(text)
    except Unreadable:
        return None
