"""Names as the catalog stores them, and as SQL spells them."""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_IDENTIFIER_BYTES = 63
"""NAMEDATALEN - 1; Postgres cuts longer identifiers with no more than a NOTICE."""

# Every keyword that quote_identifier() quotes: those that pg_get_keywords() of PostgreSQL 18
# does not call unreserved. tests/lint/test_names.py asks a server for the list.
_KEYWORD_LIST = """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit
    boolean both case cast char character check coalesce collate collation column concurrently
    constraint create cross current_catalog current_date current_role current_schema
    current_time current_timestamp current_user dec decimal default deferrable desc distinct do
    else end except exists extract false fetch float for foreign freeze from full grant greatest
    group grouping having ilike in initially inner inout int integer intersect interval into is
    isnull join json json_array json_arrayagg json_exists json_object json_objectagg json_query
    json_scalar json_serialize json_table json_value lateral leading least left like limit
    localtime localtimestamp merge_action national natural nchar none normalize not notnull null
    nullif numeric offset on only or order out outer overlaps overlay placing position precision
    primary real references returning right row select session_user setof similar smallint some
    substring symmetric system_user table tablesample then time timestamp to trailing treat trim
    true union unique user using values varchar variadic verbose when where window with
    xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot
    xmlserialize xmltable
"""
_KEYWORDS = frozenset(_KEYWORD_LIST.split())
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def quote(identifier: str) -> str:
    """Spell an identifier in SQL, quoted only where Postgres needs it."""
    if _PLAIN.match(identifier) and identifier not in _KEYWORDS:
        return identifier
    return '"' + identifier.replace('"', '""') + '"'


def is_keyword(word: str) -> bool:
    """Tell whether a word means something to the grammar that no column's plain name does."""
    return word in _KEYWORDS


def fold_case(identifier: str) -> str:
    """Lower an unquoted identifier as Postgres does: ASCII letters only, whatever the locale."""
    return identifier.translate(_ASCII_LOWER)


def clip(text: str, size: int = MAX_IDENTIFIER_BYTES) -> str:
    """Cut a text to at most `size` bytes of UTF-8, never inside a character."""
    return text.encode()[:size].decode(errors="ignore") if len(text) * 4 > size else text


class QualifiedName(NamedTuple):
    """The name of a relation, type or other object in a schema.

    Both parts are exactly as the catalog stores them: what stood unquoted is lower-cased already.
    A schema of None means that search_path decides. A tuple, since names are looked up some fifty
    times a statement and only a tuple's hash is not computed in Python.
    """

    name: str
    schema: str | None = None

    def __str__(self) -> str:
        """Return the name as SQL, each part quoted only where needed."""
        return (
            quote(self.name) if self.schema is None else f"{quote(self.schema)}.{quote(self.name)}"
        )

    def renamed(self, name: str) -> QualifiedName:
        """Return the name that an object of the same schema would have."""
        return QualifiedName(name, self.schema)
