"""A file of SQL as named queries: sqlc's, aiosql's and PugSQL's marks, or one query a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from outofband_lint.query import Query
from outofband_lint.reader.split import pieces

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
    found = list(pieces(text[start:end]))
    if not found:
        return None
    begin = start + found[0].start
    return Query(name, text[begin:end].strip(), path, text.count("\n", 0, begin) + 1)


def _unnamed(text: str, path: str) -> Iterator[Query]:
    stem = PurePath(path).stem
    found = list(pieces(text))
    for number, piece in enumerate(found, 1):
        name = stem if len(found) == 1 else f"{stem}:{number}"
        yield Query(name, piece.text, path, text.count("\n", 0, piece.start) + 1)
