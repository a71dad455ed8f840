"""Names as Postgres stores them, the literals that carry them, and the names builds run under.

Identifiers are quoted in one place, :func:`outofband_lint.names.quote`.
"""

from __future__ import annotations

import hashlib
import re

from outofband_lint.names import MAX_IDENTIFIER_BYTES, QualifiedName, clip, quote

__all__ = [
    "MAX_IDENTIFIER_BYTES",
    "OUR_SCHEMA",
    "QualifiedName",
    "clip",
    "fingerprint",
    "is_reindex_leftover",
    "is_temporary",
    "literal",
    "partition_name",
    "quote",
    "temporary_name",
]

OUR_SCHEMA = "outofband"
"""Where the runbook keeps tables of its own: what it moved, and the journal."""

_MARK = "__ob_"
_HASH_DIGITS = 8
_REINDEXED = re.compile(r"_(cc(?:new|old)[0-9]*)$")
_TEMPORARY = re.compile(rf"{_MARK}[0-9a-f]{{{_HASH_DIGITS}}}$")


def literal(text: str) -> str:
    """Return ``text`` as an SQL string literal, right under either
    ``standard_conforming_strings``.
    """
    doubled = text.replace("'", "''")
    if "\\" in text:
        return " E'" + doubled.replace("\\", "\\\\") + "'"
    return f"'{doubled}'"


def fingerprint(name: QualifiedName, definition: str) -> str:
    """Return 8 hex digits that stand for one definition under one schema-qualified name.

    They end the temporary name and, as ``outofband:<digits>``, are the application_name of the
    session that builds, so that an orphaned build is found again.
    """
    told = "\0".join((name.schema or "", name.name, definition))
    return hashlib.sha256(told.encode()).hexdigest()[:_HASH_DIGITS]


def temporary_name(name: QualifiedName, definition: str) -> str:
    """Return the name an index is built under until it is valid: at most 63 bytes, recognisably
    ours.

    As much of the final name as fits, cut at a character, then ``__ob_`` and the fingerprint
    (contract, States).
    """
    suffix = _MARK + fingerprint(name, definition)
    return clip(name.name, MAX_IDENTIFIER_BYTES - len(suffix)) + suffix


def partition_name(partition: QualifiedName, index: str, definition: str) -> str:
    """Return the name of a partition's part of an index: at most 63 bytes.

    As much of both names as fits, and the fingerprint, so that it stays free while an index is
    replaced by another definition of its name.
    """
    both = partition.renamed(f"{partition.name}_{index}")
    suffix = f"_{fingerprint(both, definition)}"
    return clip(both.name, MAX_IDENTIFIER_BYTES - len(suffix)) + suffix


def is_reindex_leftover(name: str, index: str) -> bool:
    """Tell whether a failed REINDEX CONCURRENTLY of the index leaves an index of that name.

    An INVALID one is to be dropped: ``_ccnew`` was not finished, and for ``_ccold`` its successor
    serves already (PostgreSQL 18, REINDEX, Rebuilding Indexes Concurrently).
    """
    found = _REINDEXED.search(name)
    return (
        found is not None and name == clip(index, MAX_IDENTIFIER_BYTES - len(found[0])) + found[0]
    )


def is_temporary(name: str) -> bool:
    """Tell whether an index carries the mark of a build of ours."""
    return _TEMPORARY.search(name) is not None
