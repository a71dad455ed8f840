"""What stays the same about a finding when the file around it changes."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

from outofband_lint.reader.tokens import Unreadable, tokenize


@lru_cache(maxsize=16)  # what several rules find about one statement comes one after the other
def normalised(sql: str) -> str:
    """Return a statement without comments, with single spaces and folded names."""
    try:
        tokens = tokenize(sql)
    except Unreadable:
        return " ".join(sql.split())
    return " ".join(map(tokens.spelling, range(len(tokens.texts))))


def fingerprint(rule: str, revision: str, subject: str, ordinal: int) -> str:
    """Return 16 hex digits; `ordinal` tells equal findings of one revision apart, from 1."""
    return sha256("\0".join((rule, revision, subject, str(ordinal))).encode()).hexdigest()[:16]
