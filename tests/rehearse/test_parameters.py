"""A query is planned whatever driver's parameters it is written with."""

from __future__ import annotations

import pytest

from outofband.rehearse.queries.parameters import numbered, typed


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1 FROM t WHERE a = $2 AND b = $1", "SELECT 1 FROM t WHERE a = $2 AND b = $1"),
        ("SELECT 1 FROM t WHERE a = %s AND b = %s", "SELECT 1 FROM t WHERE a = $1 AND b = $2"),
        ("SELECT 1 FROM t WHERE a = ? AND b = ?", "SELECT 1 FROM t WHERE a = $1 AND b = $2"),
        (
            "SELECT 1 FROM t WHERE a = %(id)s OR b = %(n)s OR c = %(id)s",
            "SELECT 1 FROM t WHERE a = $1 OR b = $2 OR c = $1",
        ),
        (
            "SELECT 1 FROM t WHERE a = :id AND b::text = ':x'",
            "SELECT 1 FROM t WHERE a = $1 AND b::text = ':x'",
        ),
        (
            "SELECT 1 FROM t WHERE a = sqlc.arg(id) AND b = @name",
            "SELECT 1 FROM t WHERE a = $1 AND b = $2",
        ),
        ("SELECT a LIKE 'x%%' FROM t WHERE b = %s", "SELECT a LIKE 'x%' FROM t WHERE b = $1"),
        ("SELECT a LIKE 'x%%' FROM t WHERE b = $1", "SELECT a LIKE 'x%%' FROM t WHERE b = $1"),
        ("SELECT a ? 'key' FROM t WHERE b % 2 = $1", "SELECT a ? 'key' FROM t WHERE b % 2 = $1"),
    ],
)  # fmt: skip
def test_parameters_are_numbered(sql: str, expected: str) -> None:
    assert numbered(sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT $1 IS NULL OR a = $1 FROM t", "SELECT $2::text IS NULL OR a = $1 FROM t"),
        ("SELECT $1 IS NOT NULL OR a FROM t", "SELECT $1::text IS NOT NULL OR a FROM t"),
        ("SELECT $1, $11 FROM t", "SELECT $1::text, $11 FROM t"),
    ],
)
def test_a_parameter_of_no_type_becomes_a_text(sql: str, expected: str) -> None:
    assert typed(sql, "$1") == expected
