"""What may be kept of a statement that production ran: its shape, without comments and constants.

pg_stat_statements has put parameters in place of the constants of most SELECT, INSERT, UPDATE,
DELETE and MERGE, but not where the entry was evicted while they ran; it leaves utility statements
as they are, passwords included (PostgreSQL 18, pg_stat_statements). So no utility statement is
kept, and every constant that is left is taken out. Pure.
"""

from __future__ import annotations

from collections.abc import Set

from outofband_lint.reader.split import Piece, pieces
from outofband_lint.reader.tokens import is_name

_DML = frozenset({"select", "insert", "update", "delete", "merge", "with"})
# `interval '1 day'` is a constant whose type stands before it, where no parameter may.
_TYPES_BEFORE = frozenset({"date", "time", "timetz", "timestamp", "timestamptz", "interval"})
_SIZED_TYPES = frozenset(
    {"bit", "bpchar", "char", "character", "decimal", "float", "interval", "numeric", "time",
     "timestamp", "timestamptz", "varbit", "varchar", "varying"}
)  # fmt: skip
_OTHER_LISTS = frozenset({"select", "from", "where", "values", "set", "having", "returning", "on"})


def stripped(sql: str, tables: Set[str] | None) -> str | None:
    """Return the statement with ``$n`` for every constant; ``tables`` None stands for all.

    None for what is no DML, names none of the tables, is more than one statement or not readable.
    """
    found = list(pieces(sql))
    if len(found) != 1 or found[0].broken or found[0].sent_by:
        return None
    piece = found[0]
    is_dml = next((text for text in piece.texts if text != "("), "") in _DML
    return (
        _without_constants(piece)
        if is_dml and (tables is None or _names_any(piece, tables))
        else None
    )


def _names_any(piece: Piece, tables: Set[str]) -> bool:
    return any(is_name(text) and text.removeprefix('"') in tables for text in piece.texts)


def _without_constants(piece: Piece) -> str:
    number = max(map(_parameter, piece.texts))
    words: list[str] = []
    end = piece.starts[0]
    for index, text in enumerate(piece.texts):
        spelling = piece.sql[piece.starts[index] : piece.ends[index]]
        if _is_constant(text) and not _is_no_value(piece, index):
            number += 1
            text = spelling = f"${number}"
        if _parameter(text) and words and words[-1].strip() in _TYPES_BEFORE:
            spelling = f"{spelling}::{words.pop().strip()}"
        words.append(" " * (piece.starts[index] > end) + spelling)
        end = piece.ends[index]
    return "".join(words).strip()


def _is_constant(text: str) -> bool:
    return text[:1] == "'" or text.lstrip(".")[:1].isdigit()


def _parameter(text: str) -> int:
    return int(text[1:]) if text[:1] == "$" and text[1:].isdigit() else 0


def _is_no_value(piece: Piece, index: int) -> bool:
    """Tell whether a number is a column's place, as in ORDER BY 1, or the size of a type."""
    texts = piece.texts
    if not texts[index].isdigit() or len(texts[index]) > 3:
        return False
    before = index - 1
    while texts[before].isdigit() or texts[before] == ",":
        before -= 1
    if texts[before] == "(":
        return texts[before - 1] in _SIZED_TYPES
    return _is_in_a_list_of_places(texts, index)


def _is_in_a_list_of_places(texts: list[str], index: int) -> bool:
    if texts[index - 1] not in ("by", ","):
        return False
    depth = 0
    for text in reversed(texts[:index]):
        depth += (text == ")") - (text == "(")
        if depth < 0 or text in _OTHER_LISTS:
            return False
        if text == "by" and not depth:
            return True
    return False
