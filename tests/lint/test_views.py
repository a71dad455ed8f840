"""The views that the fold knows."""

from __future__ import annotations

import pytest

from outofband_lint.reader import read
from outofband_lint.schema import Schema, fold


@pytest.mark.parametrize(
    ("sql", "views"),
    [
        ("CREATE VIEW v AS SELECT 1", ["public.v"]),
        ("CREATE VIEW v AS SELECT 1; DROP VIEW v", []),
        ("CREATE VIEW v AS SELECT 1; ALTER VIEW v RENAME TO w", ["public.w"]),
        ("CREATE SCHEMA s; CREATE VIEW s.v AS SELECT 1; DROP SCHEMA s CASCADE", []),
        ("CREATE SCHEMA s; CREATE VIEW s.v AS SELECT 1; ALTER SCHEMA s RENAME TO r", ["r.v"]),
        ("BEGIN; CREATE VIEW v AS SELECT 1; ROLLBACK", []),
    ],
)
def test_a_view_is_known_until_it_goes(sql: str, views: list[str]) -> None:
    schema = Schema()
    for statement in read(sql):
        schema = fold(schema, statement, revision="1")
    assert [str(view) for view in schema.views] == views
