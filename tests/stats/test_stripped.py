"""Of a statement that production ran, its shape is kept and nothing that anybody wrote into it."""

from __future__ import annotations

import pytest

from outofband.stats.statements import merged
from outofband.stats.stripped import stripped
from outofband.stats.value import Query

KEPT = {
    "SELECT data FROM docs WHERE id = $1": "SELECT data FROM docs WHERE id = $1",
    "select data from docs where path = 'secret' and id = $1": (
        "select data from docs where path = $2 and id = $1"
    ),
    "SELECT /* user=joe */ 1 FROM docs -- traceparent=1": "SELECT $1 FROM docs",
    "SELECT id FROM docs\n\tWHERE id = 4711 LIMIT 20": "SELECT id FROM docs WHERE id = $1 LIMIT $2",
    "SELECT id FROM docs WHERE x = E'a\\'b' OR x = U&'\\0041' OR x = $$dollar$$": (
        "SELECT id FROM docs WHERE x = $1 OR x = $2 OR x = $3"
    ),
    "SELECT id FROM docs WHERE t > now() - interval '1 day'": (
        "SELECT id FROM docs WHERE t > now() - $1::interval"
    ),
    "SELECT id FROM docs WHERE t > date $1 AND n = 1.5e3": (
        "SELECT id FROM docs WHERE t > $1::date AND n = $2"
    ),
    "SELECT kind, count(*) FROM docs GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3": (
        "SELECT kind, count(*) FROM docs GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $1"
    ),
    "SELECT id FROM docs ORDER BY coalesce(kind, 7), id IN (1, 2)": (
        "SELECT id FROM docs ORDER BY coalesce(kind, $1), id IN ($2, $3)"
    ),
    "SELECT kind::varchar(10), n::numeric(10, 2) FROM docs": (
        "SELECT kind::varchar(10), n::numeric(10, 2) FROM docs"
    ),
    "INSERT INTO docs (id, path) VALUES (1, 'a'), (2, 'b')": (
        "INSERT INTO docs (id, path) VALUES ($1, $2), ($3, $4)"
    ),
    'UPDATE "docs" SET path = $1 WHERE id = -5': 'UPDATE "docs" SET path = $1 WHERE id = -$2',
    "DELETE FROM public.docs WHERE id = ANY ('{1,2}')": (
        "DELETE FROM public.docs WHERE id = ANY ($1)"
    ),
    "WITH x AS (SELECT 1) SELECT * FROM docs, x;": "WITH x AS (SELECT $1) SELECT * FROM docs, x",
    "(SELECT id FROM docs) UNION (SELECT 2)": "(SELECT id FROM docs) UNION (SELECT $1)",
}


@pytest.mark.parametrize("sql", KEPT)
def test_constants_and_comments_are_taken_out(sql: str) -> None:
    assert stripped(sql, {"docs"}) == KEPT[sql]


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER ROLE docs PASSWORD 'hunter2'",
        "CREATE USER MAPPING FOR docs SERVER s OPTIONS (password 'hunter2')",
        "COPY docs FROM PROGRAM 'curl http://joe:hunter2@host'",
        "COPY (SELECT * FROM docs WHERE id = 1) TO STDOUT",
        "EXPLAIN SELECT * FROM docs",
        "DO $$ BEGIN PERFORM 'docs'; END $$",
        "CALL docs('hunter2')",
        "SET docs.password = 'hunter2'",
        "EXECUTE docs('hunter2')",
        "DECLARE docs CURSOR FOR SELECT 1",
        "<insufficient privilege>",
        "SELECT 'docs'",
        "SELECT * FROM other",
        "SELECT * FROM docs; SELECT 2",
        "SELECT * FROM docs WHERE path = 'cut off",
        "",
    ],
)
def test_what_is_no_statement_of_ours_is_left_out(sql: str) -> None:
    assert stripped(sql, {"docs"}) is None


def test_what_reads_the_same_is_one_query() -> None:
    rows = [
        {"query": "SELECT id FROM docs WHERE id = 1", "calls": 1, "total_exec_time": 10.0},
        {"query": "SELECT id FROM docs WHERE id = $1", "calls": 3, "total_exec_time": 2.0},
        {"query": "VACUUM docs", "calls": 3, "total_exec_time": 2.0},
        {"query": None, "calls": 3, "total_exec_time": 2.0},
    ]
    assert merged(rows, {"docs"}) == [Query("SELECT id FROM docs WHERE id = $1", 4, 3.0)]
