"""Which CHECKs spare SET NOT NULL its scan, as a server shows it."""

from __future__ import annotations

import psycopg
import pytest

from outofband_lint.proof import proved_not_null

PROOFS = [
    "a IS NOT NULL",
    "((a) IS NOT NULL)",
    "b > 0 AND a IS NOT NULL",
    "(a IS NOT NULL AND b IS NOT NULL)",
    "((b IS NOT NULL) AND ((b > 0) AND (a IS NOT NULL)))",
    "NOT (a IS NULL)",
    "NOT a IS NULL",
    "t.a IS NOT NULL",
]
NOT_PROOFS = [
    "a > 0",
    "a IS NULL",
    "b IS NOT NULL",
    "a IS NOT NULL OR b > 0",
    "a IS NOT NULL AND b > 0 OR b < 0",
    "(a IS NOT NULL) = (b IS NOT NULL)",
    "NOT (a IS NULL AND b IS NULL)",
    "a + 1 IS NOT NULL",
    "num_nulls(a, b) = 0",
    "coalesce(a, b) IS NOT NULL",
    "CASE WHEN b > 0 THEN a IS NOT NULL ELSE true END",
    "a IS NOT NULL AND b <> 'x",
]
SCANS = "SELECT pg_stat_get_xact_numscans('t'::regclass)"


def scans(check: str, database: str) -> bool:
    """Tell whether SET NOT NULL reads a table with that CHECK."""
    with psycopg.connect(database) as connection:
        connection.execute(f"CREATE TABLE t (a int, b int, CHECK ({check}))".encode())
        before = connection.execute(SCANS).fetchone()
        connection.execute("ALTER TABLE t ALTER a SET NOT NULL")
        return connection.execute(SCANS).fetchone() != before


@pytest.mark.parametrize("check", PROOFS)
def test_a_check_that_excludes_null_is_a_proof(check: str, database: str) -> None:
    assert "a" in proved_not_null(check)
    assert not scans(check, database)


@pytest.mark.parametrize("check", NOT_PROOFS)
def test_any_other_check_proves_nothing(check: str) -> None:
    assert "a" not in proved_not_null(check)


@pytest.mark.parametrize("check", NOT_PROOFS[:-1])
def test_the_server_reads_the_table_where_nothing_is_proved(check: str, database: str) -> None:
    assert scans(check, database)
