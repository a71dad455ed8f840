"""Which tables a query is said to read whole, and where; and what a branch answers for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from outofband_lint.engine import lint
from outofband_lint.query import Query
from outofband_lint.rules import rule_named
from outofband_lint.settings import Settings
from outofband_lint.source import Base, Revision, Source

TABLES = """
    CREATE TABLE a (id int PRIMARY KEY, k int, active boolean, email text, gone_at timestamptz);
    CREATE TABLE b (id int PRIMARY KEY, a_id int, kind text, at timestamptz);
"""


def revisions(sql: str) -> tuple[Revision, ...]:
    return (
        Revision("1", "versions/1.py", sources=(Source(TABLES, "versions/1.py", 8),)),
        Revision("2", "versions/2.py", ("1",), sources=(Source(sql, "versions/2.py", 8),)),
    )


def whole(query: str, *, indexes: str = "SELECT 1", base: Base | None = None) -> list[str]:
    """The messages about one query, the table alone."""
    rule = rule_named("query-without-index")
    assert rule is not None
    asked = (Query("q", query, "queries/q.sql", 3),)
    found = lint(revisions(indexes), Settings(), rules=(rule,), queries=asked, base=base)
    assert all((f.path, f.line, f.revision) == ("queries/q.sql", 3, "") for f in found)
    return [f.message.split(",")[0] for f in found]


@pytest.mark.parametrize(
    ("query", "indexes", "tables"),
    [
        ("SELECT 1 FROM a WHERE k = $1", "CREATE INDEX ON a (k, id)", ""),
        ("SELECT 1 FROM a WHERE k = $1", "CREATE INDEX ON a (id, k)", "a by k"),
        ("SELECT 1 FROM a WHERE active AND k = 1", "CREATE INDEX ON a (active)", "a by k"),
        ("SELECT 1 FROM a WHERE active AND k = 1", "CREATE INDEX ON a (active, k)", ""),
        ("SELECT 1 FROM a WHERE gone_at IS NULL AND k = 1", "CREATE INDEX ON a (gone_at)", "a"),
        ("SELECT 1 FROM a WHERE gone_at IS NULL AND k = 1",
         "CREATE INDEX ON a (k) WHERE gone_at IS NULL", ""),
        ("SELECT 1 FROM a WHERE k = 1", "CREATE INDEX ON a (k) WHERE gone_at IS NULL", "a by k"),
        ("SELECT 1 FROM b WHERE kind = 'x' AND at > now()",
         "CREATE INDEX ON b (at) WHERE kind IN ('x', 'y')", ""),
        ("SELECT 1 FROM b WHERE kind = $1 AND at > now()",
         "CREATE INDEX ON b (at) WHERE kind IN ('x', 'y')", "b by kind"),
        ("SELECT 1 FROM a WHERE email LIKE $1 || '%'", "CREATE INDEX ON a (email)", "a by email"),
        ("SELECT 1 FROM a WHERE email LIKE $1 || '%'",
         "CREATE INDEX ON a (email text_pattern_ops)", ""),
        ("SELECT 1 FROM a WHERE email ILIKE $1",
         "CREATE INDEX ON a USING gin (email gin_trgm_ops)", ""),
        ("SELECT 1 FROM a WHERE k = 1 OR email = 'x'", "CREATE INDEX ON a (k)", "a by k"),
        ("SELECT 1 FROM a WHERE k = 1 OR email = 'x'",
         "CREATE INDEX ON a (k); CREATE INDEX ON a (email)", ""),
        ("SELECT 1 FROM a JOIN b ON b.a_id = a.id WHERE b.kind = 'x'",
         "CREATE INDEX ON b (kind)", ""),
        ("SELECT 1 FROM a JOIN b ON b.a_id = a.id WHERE b.kind = 'x'", "SELECT 1", "b by kind"),
        ("SELECT 1 FROM a JOIN b ON b.a_id = a.id WHERE a.id = 7", "SELECT 1", "b by a_id"),
        ("SELECT 1 FROM a JOIN b ON b.a_id = a.id", "SELECT 1", ""),
        ("SELECT 1 FROM a WHERE a.id = 1 AND EXISTS (SELECT 1 FROM b WHERE b.a_id = a.id)",
         "SELECT 1", "b by a_id"),
        ("SELECT 1 FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.a_id = a.id AND kind = 'x')",
         "CREATE INDEX ON b (kind)", ""),
        ("SELECT 1 FROM unnest($1::int[]) AS w (id) JOIN a ON a.k = w.id", "SELECT 1", "a by k"),
        ("SELECT 1 FROM (SELECT * FROM a) AS s WHERE s.k = 1", "SELECT 1", "a by k"),
        ("SELECT 1 FROM (SELECT * FROM a) AS s WHERE s.k = 1", "CREATE INDEX ON a (k)", ""),
        ("DELETE FROM b WHERE a_id IN (SELECT id FROM a WHERE k = 1)",
         "CREATE INDEX ON b (a_id)", "a by k"),
        ("UPDATE b SET kind = 'y' WHERE at < $1", "SELECT 1", "b by at"),
        ("SELECT 1 FROM b ORDER BY at DESC LIMIT 10", "CREATE INDEX ON b (at)", ""),
        ("SELECT relname FROM pg_class WHERE relname = $1", "SELECT 1", ""),
    ],
)  # fmt: skip
def test_a_table_is_read_whole_where_no_index_serves(query: str, indexes: str, tables: str) -> None:
    found = whole(query, indexes=indexes)
    assert [f"The query q filters {tables}" in f or "orders" in f for f in found] == (
        [True] if tables else []
    ), found


def test_a_branch_answers_for_the_queries_that_it_adds_and_for_the_indexes_it_drops() -> None:
    query = "SELECT 1 FROM a WHERE k = 1"
    everything = revisions("SELECT 1")
    assert len(whole(query, base=Base(everything))) == 1
    known = replace(Base(everything), queries=(Query("q", query, "elsewhere.sql", 1),))
    rule = rule_named("query-without-index")
    assert rule is not None
    asked = known.queries
    chain = revisions("CREATE INDEX ix ON a (k)")
    dropped = Revision(
        "3", "versions/3.py", ("2",), sources=(Source("DROP INDEX ix", "versions/3.py", 8),)
    )
    served = replace(Base(chain), queries=asked)
    before = {"judged": ("3",), "rules": (rule,), "queries": asked, "base": served}
    assert len(lint((*chain, dropped), Settings(), **before)) == 1  # type: ignore[arg-type]
    unchanged = {"judged": (), "rules": (rule,), "queries": asked, "base": known}
    assert lint(everything, Settings(), **unchanged) == ()  # type: ignore[arg-type]
