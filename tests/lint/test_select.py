"""What the reader says a query filters by, and how it refuses to guess."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outofband_lint.reader.select import scopes_of
from outofband_lint.reader.select_tree import (
    All,
    Compare,
    Condition,
    Either,
    Exists,
    Scope,
    conjuncts,
)
from outofband_lint.reader.tokens import Unreadable

WORD_LIST = """
    SELECT FROM WHERE ( ) a . b = $1 AND OR NOT IN , ' EXISTS JOIN ON WITH AS LIMIT :x % s ? 1
"""


def filters(sql: str) -> list[str]:
    """Every comparison of every scope, as `table.key how`."""
    return [line for scope in scopes_of(sql) for line in _of(scope)]


def _of(scope: Scope) -> Iterator[str]:
    yield from _told(scope.condition)
    for relation in scope.relations:
        for inner in relation.scopes:
            yield from _of(inner)
    for inner in scope.inner:
        yield from _of(inner)


def _told(condition: Condition) -> Iterator[str]:
    match condition:
        case Compare(how=how, left=left):
            yield f"{left.text} {how}"
        case All(parts) | Either(parts):
            for part in parts:
                yield from _told(part)
        case Exists(scopes):
            for scope in scopes:
                yield from _of(scope)


@pytest.mark.parametrize(
    "value", ["$1", "$12", "%s", "%(name)s", ":name", "?", "@name", "sqlc.arg(a)", "3", "'x'"]
)
def test_a_parameter_is_a_value_in_every_drivers_spelling(value: str) -> None:
    assert filters(f"SELECT x FROM t WHERE a = {value} AND b > {value}") == ["a equal", "b range"]


@pytest.mark.parametrize(
    ("condition", "read"),
    [
        ("a IN ($1,$2)", ["a equal"]),
        ("a = ANY($1::int[])", ["a equal"]),
        ("a BETWEEN $1 AND $2 AND b = 1", ["a range", "b equal"]),
        ("(a, b) = ($1, $2)", ["a equal", "b equal"]),
        ("(a, b) IN (($1, $2), ($3, $4))", ["a equal", "b equal"]),
        ("(a, b) > ($1, $2)", ["a range"]),
        ("a = $1 OR (b = $2 AND c < $3)", ["a equal", "b equal", "c range"]),
        ("lower(t.email) = lower($1)", ["lower ( email ) equal"]),
        ("t.\"Quoted\" = 'it''s'", ["Quoted equal"]),
        ("a LIKE $1 || '%'", ["a prefix"]),
        ("a LIKE '%x'", ["a search"]),
        ("a ILIKE 'x%'", ["a search"]),
        ("a @> $1 AND j ? 'x' AND b ~* 'y'", ["a search", "j search", "b search"]),
        ("a IS NULL AND b IS NOT NULL", ["a null", "b not_null"]),
        ("active AND NOT gone", ["active equal", "gone equal"]),
        ("a <> 1 AND b NOT IN (1) AND NOT (c = 1 AND d = 2)",
         ["a other", "b other", "not ( c = 1 and d = 2 ) other"]),
        ("CASE WHEN a = 1 AND b THEN 2 END = 2", ["case when a = 1 and b then 2 end equal"]),
        ("a = (SELECT max(b) FROM u WHERE u.c = $1)", ["a equal", "c equal"]),
        ("EXISTS (SELECT 1 FROM u WHERE u.k = t.k)", ["k equal"]),
        ("NOT EXISTS (SELECT 1 FROM u WHERE u.k = 1)", None),
        ("date_trunc('day', at) = date '2026-01-01'", ["date_trunc ( 'day' , at ) equal"]),
        ("timestamp > now() - interval '1 day'", ["timestamp range"]),
    ],
)  # fmt: skip
def test_a_condition_is_read(condition: str, read: list[str] | None) -> None:
    found = filters(f"SELECT x FROM t WHERE {condition}")
    assert found == read if read is not None else "k equal" in found


@pytest.mark.parametrize(
    ("sql", "read"),
    [
        ("UPDATE t SET a = 1, b = (b + 1) FROM u WHERE u.id = t.u_id", ["id equal"]),
        ("DELETE FROM ONLY t AS x USING u WHERE x.a = u.a RETURNING x.*", ["a equal"]),
        ("INSERT INTO t (a) SELECT a FROM u WHERE u.b = 1 ON CONFLICT DO NOTHING", ["b equal"]),
        ("INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2 WHERE t.a = 3", []),
        ("MERGE INTO t USING u ON t.a = u.a WHEN MATCHED AND t.b THEN DELETE", ["a equal"]),
        ("SELECT 1 FROM a JOIN b USING (id) LEFT JOIN c ON c.x = a.x", ["id equal", "x equal"]),
        ("WITH x AS (SELECT 1 FROM t WHERE a = 1) SELECT * FROM x WHERE b = 2", None),
        ("(SELECT 1 FROM t WHERE a = 1) UNION ALL SELECT 1 FROM u WHERE b = 2", None),
        ("SELECT 1 FROM (SELECT * FROM t WHERE a = 1) AS s, LATERAL f(s.x) WHERE b = 2", None),
        ("SELECT (SELECT 1 FROM t WHERE a = 1) FROM u WHERE b = 2 FOR UPDATE SKIP LOCKED", None),
        ("TABLE t", []),
        ("SELECT 1 WHERE CURRENT_DATE > '2026-01-01'", ["current_date range"]),
    ],
)
def test_a_statement_is_read(sql: str, read: list[str] | None) -> None:
    assert sorted(filters(sql)) == (["a equal", "b equal"] if read is None else sorted(read))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM a NATURAL JOIN b",
        "SELECT 1 FROM t WHERE a =",
        "SELECT 1 FROM t WHERE (a = 1",
        "VACUUM t",
        "SELECT 'a",
    ],
)
def test_what_it_cannot_tell_it_refuses(sql: str) -> None:
    with pytest.raises(Unreadable):
        scopes_of(sql)


def test_order_and_limit_belong_to_the_query_and_not_to_one_inside() -> None:
    (scope,) = scopes_of("SELECT a FROM (SELECT b FROM t ORDER BY b LIMIT 1) s ORDER BY c")
    assert [item.text for item in scope.order] == ["c"]
    assert not scope.limited
    assert scope.relations[0].scopes[0].limited
    assert [*conjuncts(scope.condition)] == []


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORD_LIST.split()), max_size=25))
def test_nothing_but_a_refusal_comes_of_any_text(words: list[str]) -> None:
    try:
        scopes_of(" ".join(words))
    except Unreadable:
        return
