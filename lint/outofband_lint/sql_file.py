"""A file of SQL as a revision."""

from __future__ import annotations

import re

from outofband_lint.reader.split import pieces
from outofband_lint.reader.tokens import Token, Unreadable, tokenize
from outofband_lint.source import Revision, Source

# What `alembic upgrade --sql` writes before the DO block of an out-of-band operation.
_STEP = re.compile(r"^-- outofband: step \S.*$\n-- outofband: sql (?P<sql>.+?);?\s*$", re.MULTILINE)
_BLOCK = "$outofband$"
_BEGINS = {"begin", "start"}
_ENDS = {"commit", "end", "rollback", "abort"}


def revision_from_sql(text: str, path: str) -> Revision:
    """Return a file's statements as a revision whose id is the path.

    A statement counts as in a transaction between BEGIN and COMMIT, as psql would run it. A block
    marked `-- outofband: step NAME` stands for the plain statement in the comment under the mark.
    """
    try:
        found = list(pieces(tokenize(text)))
    except Unreadable:
        return Revision(path, path, sources=(Source(text.strip(), path, 1),))
    sources: list[Source] = []
    in_transaction = False
    end = 0
    for tokens in found:
        word = tokens[0].text
        in_transaction = (in_transaction or word in _BEGINS) and word not in _ENDS
        sources.append(_source(text, path, tokens, text[end : tokens[0].start], in_transaction))
        end = tokens[-1].end
    return Revision(path, path, sources=tuple(sources))


def _source(
    text: str, path: str, tokens: tuple[Token, ...], before: str, in_transaction: bool
) -> Source:
    start = tokens[0].start
    line = text.count("\n", 0, start) + 1
    marks = list(_STEP.finditer(before))
    if marks and _BLOCK in text[start : start + 3 + len(_BLOCK)]:
        return Source(marks[-1]["sql"], path, line, in_transaction=in_transaction, out_of_band=True)
    return Source(text[start : tokens[-1].end], path, line, in_transaction=in_transaction)
