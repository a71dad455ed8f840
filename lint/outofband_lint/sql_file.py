"""A file of SQL as a revision."""

from __future__ import annotations

import re

from outofband_lint.reader.split import Piece, pieces
from outofband_lint.source import Revision, Source

# What `alembic upgrade --sql` writes before the DO block of an out-of-band operation.
_STEP = re.compile(r"^-- outofband: step \S.*$\n-- outofband: sql (?P<sql>.+?);?\s*$", re.MULTILINE)
_BLOCK = "$outofband$"


def revision_from_sql(text: str, path: str) -> Revision:
    """Return a file's statements as a revision whose id is the path.

    A statement counts as in a transaction between BEGIN and COMMIT, as psql would run it. A block
    marked `-- outofband: step NAME` stands for the plain statement in the comment under the mark.
    """
    sources: list[Source] = []
    in_transaction = False
    line, end = 1, 0
    for piece in pieces(text):
        in_transaction = _in_transaction(piece, in_transaction)
        line += text.count("\n", end, piece.start)
        sources.append(_source(piece, path, line, text[end : piece.start], in_transaction))
        line += text.count("\n", piece.start, piece.end)
        end = piece.end
    return Revision(path, path, sources=tuple(sources))


def _in_transaction(piece: Piece, before: bool) -> bool:
    """Tell whether a statement runs in a transaction; what ends one counts as outside."""
    match piece.texts[:3]:
        case ["begin", *_] | ["start", "transaction", *_]:
            return True
        case ["rollback", "to", *_] | ["rollback", "work" | "transaction", "to"]:
            return before
        case ["commit" | "rollback", "prepared", *_]:
            return before
        case ["commit" | "end" | "rollback" | "abort", *_]:
            return piece.texts[-2:] == ["and", "chain"]
        case ["prepare", "transaction", *_]:
            return False
    return before


def _source(piece: Piece, path: str, line: int, before: str, in_transaction: bool) -> Source:
    marks = list(_STEP.finditer(before))
    if marks and _BLOCK in piece.sql[piece.start : piece.start + 3 + len(_BLOCK)]:
        return Source(marks[-1]["sql"], path, line, in_transaction=in_transaction, out_of_band=True)
    return Source(piece.text, path, line, in_transaction=in_transaction)
