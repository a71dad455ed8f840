"""What a preflight makes of expressions and of the sizes of keys, and how it finds one row."""

from __future__ import annotations

import re
from typing import Any

import pytest

from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.runbook.preflight.bisect import first_failing
from outofband.runbook.preflight.expressions import Verdict, expressions, judge_verdict
from outofband.runbook.preflight.row_size import LargeKeys, Width, Widths, judge_large_keys
from outofband.runbook.preflight.rows import Failure, judge_failure

DOCS = QualifiedName("docs", "public")
UNBOUNDED, INLINE = Width(None, False), Width(None, True)


def index(*columns: str, **given: Any) -> Index:
    return Index("docs_x", DOCS, given.pop("keys", tuple(Key.of(c) for c in columns)), **given)


def widths(toast_bytes: int = 8192, **columns: Width) -> Widths:
    return Widths(columns, toast_bytes, pages=10)


@pytest.mark.parametrize(
    ("given", "columns", "may"),
    [
        (index("a"), widths(a=UNBOUNDED), True),
        (index("a"), widths(0, a=UNBOUNDED), False),  # nothing is out of line
        (index("a"), widths(0, a=INLINE), True),  # but this stays in its row on purpose
        (index("a"), widths(a=Width(4, False)), False),
        (index("a"), widths(a=Width(2692, False)), False),
        (index("a"), widths(a=Width(2693, False)), True),
        (index("a", "b"), widths(a=Width(1400, False), b=Width(1400, False)), True),
        (index("a", "b"), widths(a=Width(4, False), b=UNBOUNDED), True),
        (index("a", include=("b",)), widths(a=Width(4, False), b=UNBOUNDED), True),
        (index("a", method="hash"), widths(a=UNBOUNDED), False),
        (index("a", method="gin"), widths(a=UNBOUNDED), False),
    ],
)
def test_rows_are_read_only_where_a_key_might_be_too_large(
    given: Index, columns: Widths, may: bool
) -> None:
    assert columns.may_exceed(given) is may


@pytest.mark.parametrize(
    ("given", "columns", "exact"),
    [
        (index("a"), widths(a=UNBOUNDED), True),
        (index("a"), widths(a=INLINE), False),
        (index("a", "b"), widths(a=UNBOUNDED, b=UNBOUNDED), False),
        (index("a", include=("b",)), widths(a=UNBOUNDED, b=UNBOUNDED), False),
        (index(keys=(Key("lower(a)"),)), widths(a=UNBOUNDED), False),
    ],
)
def test_stored_sizes_are_exact_for_one_column_that_is_stored_as_it_will_be(
    given: Index, columns: Widths, exact: bool
) -> None:
    assert columns.are_exact(given) is exact
    (found,) = judge_large_keys(given, LargeKeys(7, 3000, "(1,2)", exact), ["id = 1"])
    assert (found.stops, found.rows) == (exact, ("id = 1",))
    assert found.what.startswith("7 rows of public.docs " + ("have" if exact else "may have"))


def test_a_unique_index_has_fewer_alternatives() -> None:
    large = LargeKeys(1, 3000, "(1,2)", exact=True)
    (any_rows,) = judge_large_keys(index("a"), large, [])
    (unique,) = judge_large_keys(index("a", unique=True), large, [])
    (several,) = judge_large_keys(index("a", "b"), large, [])
    assert all(word in any_rows.do for word in ("md5(a)", "left(a, 500)", "hash"))
    assert not any(word in unique.do for word in ("left(", "hash"))
    assert "hash" not in several.do


@pytest.mark.parametrize(
    ("verdict", "says"),
    [
        (Verdict("lower(a)"), None),
        (Verdict("b", failure="column b does not exist (42703)"), "means nothing here"),
        (Verdict("now()", mutable=True), "is not immutable"),
        (Verdict("(SELECT 1)", subquery=True, mutable=True), "has a subquery"),
        (Verdict("f(a)", lost=("s.f(text)",)), "s.f(text), which does not find what it calls"),
    ],
)
def test_an_expression_is_refused_for_one_reason(verdict: Verdict, says: str | None) -> None:
    found = list(judge_verdict(verdict))
    assert [says in f.what and f.stops for f in found if says] == ([True] if says else [])


@pytest.mark.parametrize(
    ("signature", "schema"),
    [("s.f(text)", "s"), ('"My S".f(text, integer)', '"My S"'), ("f()", "public")],
)
def test_the_remedy_for_a_path_names_the_functions_own_schema(signature: str, schema: str) -> None:
    (found,) = judge_verdict(Verdict("f(a)", lost=(signature,)))
    assert f"ALTER FUNCTION {signature} SET search_path = {schema}, pg_temp;" in found.do


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        (Failure("22P02", "bad", "(3,4)"), "SELECT * FROM public.docs WHERE ctid = '(3,4)';"),
        (Failure("22P02", "bad"), "Correct the row"),  # which has gone meanwhile
        (Failure("42883", "f() missing", "", ("s.g(text)",)), "ALTER FUNCTION s.g(text)"),
    ],
)
def test_a_failure_is_told_with_its_row_or_its_function(failure: Failure, says: str) -> None:
    (found,) = judge_failure(index("a"), failure)
    assert found.stops
    assert failure.sqlstate in found.what
    assert says in found.do


def test_expressions_are_keys_without_a_column_and_the_predicate() -> None:
    given = index(keys=(Key.of("a"), Key("lower(b)")), where="c > 0")
    assert expressions(given) == ("lower(b)", "c > 0")


PLACE = re.compile(r"ctid >= '\((\d+),(\d+)\)' AND ctid < '\((\d+),(\d+)\)'")


@pytest.mark.parametrize("pages", [1, 2, 7, 100, 4096])
@pytest.mark.parametrize("bad", [(0, 1), (0, 291), (1, 1), (6, 17), (99, 290), (4095, 3)])
def test_the_first_failing_row_is_found_reading_no_more_than_two_tables(
    pages: int, bad: tuple[int, int]
) -> None:
    read = []

    def fails(where: str) -> bool:
        low_page, low, high_page, high = map(int, PLACE.fullmatch(where).groups())  # type: ignore
        read.append(max(1, high_page - low_page))
        return (low_page, low) <= bad < (high_page, high)

    found = first_failing(fails, pages)
    assert found == (f"({bad[0]},{bad[1]})" if bad[0] < pages else "")
    assert sum(read) <= 2 * pages + 64
