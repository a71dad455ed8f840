"""Names that builds run under: recognisable, stable, and never over 63 bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outofband.model.names import (
    MAX_IDENTIFIER_BYTES,
    QualifiedName,
    is_temporary,
    literal,
    temporary_name,
)

SAME = QualifiedName("docs_idx", "public")


@settings(deadline=None)
@given(st.text(min_size=1), st.text())
def test_a_temporary_name_fits_and_is_recognised(name: str, definition: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError:
        return
    temporary = temporary_name(QualifiedName(name, "public"), definition)
    assert len(temporary.encode()) <= MAX_IDENTIFIER_BYTES
    assert is_temporary(temporary)


def test_a_temporary_name_begins_with_the_final_one() -> None:
    assert temporary_name(SAME, "(id)").startswith("docs_idx__ob_")


def test_a_long_name_is_cut_at_a_character() -> None:
    temporary = temporary_name(QualifiedName("ä" * 31 + "x"), "(id)")
    assert temporary.startswith("ä" * 25 + "__ob_")


@pytest.mark.parametrize(
    "other",
    [
        (QualifiedName("docs_idx", "tenant"), "(id)"),
        (QualifiedName("docs_idx2", "public"), "(id)"),
        (SAME, "(path)"),
    ],
)
def test_schema_name_and_definition_each_change_the_hash(other: tuple[QualifiedName, str]) -> None:
    assert temporary_name(SAME, "(id)")[-8:] != temporary_name(*other)[-8:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a", "'a'"), ("it's", "'it''s'"), ("back\\slash", " E'back\\\\slash'"), ("", "''")],
)
def test_a_literal_is_quoted(text: str, expected: str) -> None:
    assert literal(text) == expected
