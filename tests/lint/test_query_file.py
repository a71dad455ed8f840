"""Which queries a file of SQL holds, under which names and on which lines."""

from __future__ import annotations

import pytest

from outofband_lint.query import Query
from outofband_lint.query_file import queries_from_sql

SQLC = """\
-- name: get_document :one
-- The document of a path.
SELECT data FROM documents WHERE dump_id = $1 AND path = $2 LIMIT $3;

-- name: Clear :exec
DELETE FROM documents
WHERE dump_id = ANY($1::int[]);
-- name: nothing :exec
"""


def told(text: str) -> list[tuple[str, str, int]]:
    return [(q.name, q.sql, q.line) for q in queries_from_sql(text, "queries/doc.sql")]


def test_marked_queries_have_their_names_and_begin_where_their_sql_does() -> None:
    assert told(SQLC) == [
        (
            "get_document",
            "SELECT data FROM documents WHERE dump_id = $1 AND path = $2 LIMIT $3;",
            3,
        ),
        ("Clear", "DELETE FROM documents\nWHERE dump_id = ANY($1::int[]);", 6),
    ]


@pytest.mark.parametrize(
    "mark",
    ["-- name: get-it^", "--name: get-it :one", "-- :name get-it :? :1", "-- get-it --"],
)
def test_the_marks_of_other_libraries_are_known(mark: str) -> None:
    assert told(f"{mark}\nSELECT 1") == [("get-it", "SELECT 1", 2)]


def test_a_file_without_marks_is_named_after_itself() -> None:
    assert told("\nSELECT a FROM t WHERE a = $1\n") == [("doc", "SELECT a FROM t WHERE a = $1", 2)]
    assert [(name, line) for name, _, line in told("SELECT 1;\nSELECT 2;")] == [
        ("doc:1", 1),
        ("doc:2", 2),
    ]


def test_a_text_that_cannot_be_cut_is_one_query_that_nobody_passes_over() -> None:
    assert queries_from_sql("SELECT 'a", "q.sql") == (Query("q", "SELECT 'a", "q.sql", 1),)
