"""What the catalog tells of the age of an index."""

from __future__ import annotations

from outofband.catalog.reader import query
from outofband.postgres.session import Session
from outofband.postgres.source import Url


def test_an_index_was_there_when_something_was_vacuumed_that_is_newer(database: str) -> None:
    with Session(Url(database)) as session:
        session.rows("CREATE TABLE t (a int, b int)")
        session.rows("CREATE INDEX before ON t (a)")
        session.rows("CREATE TABLE other (a int)")
        session.rows("VACUUM (FREEZE) other")
        session.rows("CREATE INDEX after ON t (b)")
        today = session.rows(query("server", "outofband.stats"))[0]["today"]
        rows = session.rows(query("index_scans", "outofband.doctor"), {"ours": "outofband"})
    assert {row["name"]: row["there_on"] for row in rows} == {"before": today, "after": None}
