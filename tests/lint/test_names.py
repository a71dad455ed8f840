"""Names are spelled and cut as Postgres spells and cuts them."""

from __future__ import annotations

import psycopg
import pytest

from outofband_lint.names import MAX_IDENTIFIER_BYTES, QualifiedName, clip, fold_case, quote


@pytest.mark.parametrize(
    ("identifier", "sql"),
    [
        ("events", "events"),
        ("Events", '"Events"'),
        ("two words", '"two words"'),
        ('quo"te', '"quo""te"'),
        ("select", '"select"'),
        ("timestamp", '"timestamp"'),
        ("name", "name"),
        ("1st", '"1st"'),
        ("a$1", "a$1"),
        ("é", '"é"'),
        ("", '""'),
        ("trailing\n", '"trailing\n"'),
    ],
)
def test_an_identifier_is_quoted_only_where_needed(identifier: str, sql: str) -> None:
    assert quote(identifier) == sql


def test_a_qualified_name_quotes_each_part() -> None:
    assert str(QualifiedName("Orders", "app")) == 'app."Orders"'
    assert str(QualifiedName("orders", "My App")) == '"My App".orders'


def test_every_keyword_is_quoted_as_the_server_quotes_it(database: str) -> None:
    with psycopg.connect(database) as connection:
        words = connection.execute("SELECT word, quote_ident(word) FROM pg_get_keywords()")
        different = [word for word, quoted in words if quote(word) != quoted]
    assert different == []


def test_only_ascii_letters_are_lowered() -> None:
    assert fold_case("ÀBC") == "Àbc"


@pytest.mark.parametrize("text", ["x" * 70, "é" * 40, "x" * 62 + "é", "short"])
def test_a_long_identifier_is_cut_at_a_character_like_the_servers(text: str, database: str) -> None:
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT %s::name::text", (text,)).fetchone()
    assert row is not None
    assert clip(text) == row[0]
    assert len(clip(text).encode()) <= MAX_IDENTIFIER_BYTES
